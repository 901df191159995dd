import { indent, isSame, whatIsInForce, who } from './lines.ts';
import { outcomeLine } from './outcome-line.ts';
import type { Held, LastChange, Paused, Status } from './status.ts';
import { story } from './story.ts';
import { sayAccepted } from './tell-accepted.ts';
import { age } from './times.ts';
import { heldWhy, pausedFor, pauseNext, sayPaused } from './told-end.ts';
import { capital, ended, sayWaiting } from './told.ts';

/** `holdfast why`: the story in sentences, for somebody who has not seen the source. */
export function formatWhy(status: Status, nowMs: number): string {
  const { vip, vipHeld, source } = status;
  const first = firstStory(status);
  const told = [
    `${who(status)}.`,
    ...(vip === null || vipHeld === null
      ? []
      : [`The virtual IP ${vip} is ${vipHeld ? 'held here' : 'not here'}.`]),
    ...(first?.end === status.outcome ? [] : headline(status)),
    ...(first === null ? [] : story(first, nowMs)),
    ...(source.ok ? [] : [away(source, nowMs)]),
    ...standing(status, nowMs),
    status.generation === 0
      ? 'No desired state has been in force on this host yet.'
      : `In force: ${whatIsInForce(status)}.`,
    ...status.cannot.map(({ id, why }) => `${id} cannot be brought to its state: ${ended(why)}`),
    ...status.waiting.map(sayWaiting),
    ...status.notices,
    ...byHand(status, nowMs),
    ...otherStories(status, first).flatMap((change) => story(change, nowMs)),
    ...(status.managed.length === 0 ? [] : ['Managed on this host:', ...indent(status.managed)]),
  ];
  return `${told.join('\n')}\n`;
}

function byHand({ acceptedByHand = null }: Status, nowMs: number): readonly string[] {
  if (acceptedByHand === null) return [];
  return [`${age(nowMs - acceptedByHand.atMs)} ago ${sayAccepted(acceptedByHand)}`];
}

/** The change that explains how this host is. */
function firstStory({ outcome, stuck, lastChange }: Status): LastChange | null {
  if (stuck !== null) return stuck;
  return lastChange?.end === outcome ? lastChange : null;
}

function otherStories({ lastChange, lastDrift }: Status, told: LastChange | null): readonly LastChange[] {
  const isNew = (
    change: LastChange | null,
    ...before: readonly (LastChange | null)[]
  ): change is LastChange => change !== null && !before.some((one) => isSame(one, change));
  return [
    ...(isNew(lastChange, told) ? [lastChange] : []),
    ...(isNew(lastDrift, told, lastChange) ? [lastDrift] : []),
  ];
}

/** What is told in sentences of its own below needs no headline. */
function headline(status: Status): readonly string[] {
  const { outcome, refused, held, paused } = status;
  if (outcome === 'refused' && refused !== null) return [];
  if (outcome === 'held' && held !== null) return [];
  if (outcome === 'paused' && paused !== null) return [];
  return [status.why === null ? `It is ${outcome}.` : `It is ${ended(outcomeLine(status))}`];
}

const away = ({ why, sinceMs }: Status['source'], nowMs: number): string =>
  `The state repository has not been followed for ${age(nowMs - sinceMs)}: ${why}`;

function standing({ paused, refused, held }: Status, nowMs: number): readonly string[] {
  return [
    ...(paused === null ? [] : whyPaused(paused, nowMs)),
    ...(refused === null ? [] : whyRefused(refused)),
    ...(held === null ? [] : [whyHeld(held, nowMs)]),
  ];
}

function whyPaused(paused: Paused, nowMs: number): readonly string[] {
  const { untilMs } = paused;
  const left = untilMs === null ? '' : `, and it lasts ${age(untilMs - nowMs)} more`;
  return [
    `${sayPaused(paused)} It has been so for ${pausedFor(paused, nowMs)}${left}.`,
    'The repository is still followed; no commit is applied and no drift is put right.',
    pauseNext(paused),
  ];
}

function whyRefused({ of, reasons }: NonNullable<Status['refused']>): readonly string[] {
  return [
    `${capital(of)} is refused, and nothing was changed for it, because:`,
    ...indent(reasons),
    'It is looked at again in every cycle; a commit that mends it goes through by itself.',
  ];
}

function whyHeld(held: Held, nowMs: number): string {
  const by = held.commit === null ? '' : ` by ${held.commit.author}`;
  return `${capital(held.of)}${by} has been held for ${age(nowMs - held.sinceMs)}, although nothing is wrong with it: ${heldWhy(held)}`;
}
