import { age } from '../report/times.ts';
import { clearPause, readPause } from '../transaction/pause.ts';
import { EXIT, type CommonOptions, type Environment } from './environment.ts';
import { placesUnder } from './places.ts';

/** `holdfast resume`: the end of a pause. Somebody who is sure that there is none any more is right afterwards. */
export async function resumeCommand(options: CommonOptions, { machine, out }: Environment): Promise<number> {
  const state = machine.openStateDirectory(placesUnder(options.root, options.config).state);
  const nowMs = machine.clock.now();
  const paused = await readPause(state, nowMs);
  await clearPause(state);
  if (options.json === true) out(`${JSON.stringify({ resumed: paused })}\n`);
  else if (paused === null) out('This host was not paused.\n');
  else
    out(
      `The pause of ${paused.by} is over${paused.sinceMs === 0 ? '' : ` after ${age(nowMs - paused.sinceMs)}`}: ${paused.reason}\nThe next cycle goes on; "sudo systemctl reload holdfast" begins one now.\n`,
    );
  return EXIT.ok;
}
