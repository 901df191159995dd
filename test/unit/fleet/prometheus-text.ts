/**
 * A strict reader of Prometheus' text format 0.0.4 with the rules that `promtool check metrics` adds. Throws what is
 * wrong; gives back the samples as they are written, with their values.
 */
export function readPrometheusText(text: string): ReadonlyMap<string, number> {
  if (!text.endsWith('\n') || text.includes('\n\n')) throw new Error('every line ends, and none is empty');
  const samples = new Map<string, number>();
  const families = new Set<string>();
  let current = { name: '', type: '', help: false };
  for (const line of text.slice(0, -1).split('\n')) {
    const help = /^# HELP (\S+) (\S.*)$/.exec(line);
    const type = /^# TYPE (\S+) (counter|gauge)$/.exec(line);
    if (help !== null) {
      if (families.has(help[1]!)) throw new Error(`${help[1]} comes twice`);
      families.add(help[1]!);
      current = { name: help[1]!, type: '', help: true };
    } else if (type !== null) {
      if (current.name !== type[1] || current.type !== '') throw new Error(`TYPE out of place: ${line}`);
      current = { ...current, type: type[2]! };
      lint(current.name, current.type);
    } else readSample(line, current, samples);
  }
  return samples;
}

function lint(name: string, type: string): void {
  if (!/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/.test(name)) throw new Error(`${name} is not a name in snake case`);
  if ((type === 'counter') !== name.endsWith('_total')) throw new Error(`${name} is a ${type}`);
  if (/(^|_)(ms|milliseconds|minutes|gauge|counter)(_|$)/.test(name))
    throw new Error(`${name}: unit or type`);
}

const VALUE = String.raw`(?:[^"\\\n]|\\[\\"n])*`;
const LABEL = `[a-z_]+="${VALUE}"`;
const SAMPLE = new RegExp(`^([a-z_]+)(\\{${LABEL}(?:,${LABEL})*\\})? (-?\\d+(?:\\.\\d+)?(?:e[+-]\\d+)?)$`);

function readSample(
  line: string,
  family: { readonly name: string; readonly type: string },
  samples: Map<string, number>,
): void {
  const found = SAMPLE.exec(line);
  if (found === null) throw new Error(`not a sample: ${line}`);
  if (found[1] !== family.name || family.type === '') throw new Error(`a sample outside its family: ${line}`);
  const series = `${found[1]}${found[2] ?? ''}`;
  if (samples.has(series)) throw new Error(`${series} comes twice`);
  samples.set(series, Number(found[3]));
}
