// Reading numbers and children of a URDF's elements. Nothing else.

const MAX_CHARS = 4 << 20;

/** n numbers of an attribute; `otherwise` where there is none. @throws {Error} naming what was found */
export function numbers(text, n, otherwise) {
  if (text === null || text === undefined) return otherwise;
  const values = text.trim().split(/\s+/).map(Number);
  if (values.length !== n || !values.every(Number.isFinite))
    throw new Error(`URDF: expected ${n} numbers, found "${text}"`);
  return values;
}

export const child = (element, name) => [...(element?.children ?? [])].find((c) => c.localName === name) ?? null;
export const children = (element, name) => [...(element?.children ?? [])].filter((c) => c.localName === name);

/** The robot element. @throws {Error} where the text is none */
export function robotElement(xml) {
  if (xml.length > MAX_CHARS) throw new Error(`URDF: expected at most ${MAX_CHARS} characters, found ${xml.length}`);
  const document = new DOMParser().parseFromString(xml, 'text/xml');
  const robot = document.documentElement;
  if (document.querySelector('parsererror') || robot.localName !== 'robot')
    throw new Error('URDF: expected one robot element of well-formed XML');
  return robot;
}
