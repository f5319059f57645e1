// Over the view: the story that a demo tells, where one is told, and what is replayed. Nothing here is known to the twin.

import { el, flag, fixed, kind, Part, text } from '../dom.js';
import { close, followStory, posture } from '../replay.js';
import { store } from '../store.js';

const WORD = { running: 'playing', seen: 'seen', failed: 'not seen', ahead: 'next' };
const LEVEL = { running: 'busy', seen: 'good', failed: 'bad', ahead: 'quiet' };

class Story extends Part {
  build() {
    this.number = el('span.number');
    this.heading = el('strong');
    this.state = el('span.chip');
    this.caption = el('p.caption');
    this.seen = el('p.seen');
    this.notes = el('p.notes.quiet');
    this.box = el('section.story', { id: 'story', hidden: true, 'aria-label': 'Story', 'aria-live': 'polite' },
      el('div.line', {}, this.number, this.heading, this.state), this.caption, this.seen, this.notes);
    this.when = el('span.when');
    this.ahead = el('span');
    this.closing = el('button.small', { type: 'button', id: 'replay-close', onclick: () => close() }, 'Close');
    this.replay = el('div.replay', { id: 'replay', hidden: true, role: 'status' }, el('strong', {}, 'REPLAY'), this.when, this.ahead, this.closing);
    this.append(this.box, this.replay);
  }

  update() {
    followStory();
    this.#story(store.story);
    this.#replay();
    store.covered = this.box.hidden ? 0 : this.box.offsetHeight + 10;
    const height = `${store.covered}px`;
    if (this.height !== height) document.body.style.setProperty('--story', (this.height = height));
  }

  #story(story) {
    flag(this.box, 'hidden', !story);
    if (!story) return;
    const scene = story.scenes.find((s) => s.number === story.scene);
    text(this.number, scene ? `Scene ${scene.number} of ${story.scenes.length}` : 'Story');
    text(this.heading, scene ? scene.title : `${story.scenes.length} scenes, told and checked while they are played`);
    const over = story.state === 'passed' && scene?.number === story.scenes.length;
    text(this.state, over ? 'all seen' : scene ? WORD[scene.state] : 'begins soon');
    kind(this.state, scene ? LEVEL[scene.state] : 'quiet');
    kind(this.box, scene?.state ?? 'ahead');
    flag(this.caption, 'hidden', Boolean(scene?.seen));
    text(this.caption, scene ? scene.caption : story.scenes.map((s) => `${s.number} ${s.title}`).join(' · '));
    text(this.seen, scene?.seen ? `${scene.state === 'failed' ? 'Not seen' : 'Seen'}: ${scene.seen}` : '');
    text(this.notes, story.simplified.length ? `Simplified here: ${story.simplified.join(', ')}.` : '');
  }

  #replay() {
    const r = store.replay;
    flag(this.replay, 'hidden', !r || r.robot !== store.selected);
    if (!r) return;
    const shown = posture();
    text(this.when, r.state === 'failed' ? 'not to be had' : shown ? clock(shown.at) : 'asked for');
    text(this.ahead, r.state === 'failed' ? r.why : shown ? `${fixed(-shown.beforeEndMs / 1000, 2)} s · recorded samples, half speed` : '');
  }
}

// Wall clock with milliseconds: two seconds are looked at here.
const clock = (iso) => {
  const at = new Date(iso);
  return `${at.toLocaleTimeString('en-GB')}.${String(at.getMilliseconds()).padStart(3, '0')}`;
};

customElements.define('tandem-story', Story);
