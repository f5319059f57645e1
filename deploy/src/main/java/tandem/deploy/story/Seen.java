package tandem.deploy.story;

import java.util.Map;

/**
 * What a scene showed.
 *
 * @param words for the caption
 * @param figures by name, with their unit in it
 */
record Seen(String words, Map<String, Object> figures) {}
