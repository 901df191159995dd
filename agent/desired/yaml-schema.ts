import * as z from 'zod';
import { formatAddress, parseAddress, type Address } from '../resources/yaml-path.ts';
import { notices } from './file-schema.ts';
import { resourceIds } from './names.ts';
import { mapOf, mistake, oneOrMore, strict, wants } from './schema.ts';

/** An entry of `yaml`: what is edited in one file that others own. */

const PATH = 'Where it stands, from the top: spec.containers[name=kube-apiserver].image.';

/** `flag`: whether it must, or must not, name an argument. */
const address = (isArgument: boolean | null) =>
  z.string().superRefine((text, context) => {
    const message = addressProblem(text, isArgument);
    if (message !== null) context.addIssue({ code: 'custom', message });
  });

function addressProblem(text: string, isArgument: boolean | null): string | null {
  if (text.includes('<%')) return 'a path cannot be a template. Give each host its own in hosts/NAME.yaml.';
  const parsed = parseAddress(text);
  if ('problem' in parsed) return parsed.problem;
  if (formatAddress(parsed) !== text) return `is spelt in another way. Write ${formatAddress(parsed)}.`;
  if (parsed.flag === null && isOwnName(parsed))
    return 'is the key that its item is found by, and after this edit nothing would find it again, not even to put it back. Find the item by another key.';
  if (isArgument === false && parsed.flag !== null)
    return `names an argument. Write it under flags: { ${text.slice(0, text.lastIndexOf('['))}: { ${parsed.flag}: VALUE } }.`;
  return null;
}

/** As in `users[name=admin].name`. */
function isOwnName({ path }: Address): boolean {
  const [item, last] = [path.at(-2), path.at(-1)];
  return item !== undefined && 'by' in item && last !== undefined && 'key' in last && item.by === last.key;
}

const VALUE_HOW = 'Write a text, a whole number, true or false; what shall go is named under remove.';
const value = z
  .union([z.string(), z.int(), z.boolean()], {
    error: ({ input }) => mistake(input, 'a single value', VALUE_HOW),
  })
  .refine((one) => typeof one !== 'string' || !/[\r\n]/.test(one), {
    error: `has several lines, and only single lines are edited. ${VALUE_HOW}`,
  });
export type EditValue = z.output<typeof value>;

const flagName = z.string().regex(/^--[^\s=[\]]+$/, {
  error: ({ input }) =>
    `${JSON.stringify(input)} is not the name of an argument. Write it as in --bind-address, without "=".`,
});

export const yamlEntry = strict(
  {
    set: mapOf(address(false), value.nullable(), 'Write PATH: VALUE.')
      .optional()
      .describe(`Values by their path. ${PATH}`),
    flags: mapOf(
      address(false),
      mapOf(flagName, value.nullable(), 'Write --name: VALUE.'),
      'Write PATH: { --name: VALUE }.',
    )
      .optional()
      .describe('Arguments of a list of them, by the path of the list: { PATH: { --bind-address: VALUE } }.'),
    remove: z
      .array(address(null), wants('a list of paths', 'Begin each path with "- ".'))
      .optional()
      .describe('What shall not be there: PATH, or PATH[--name] for an argument of a list.'),
    notify: oneOrMore(notices, 'what to notify', 'Write { restart: kubelet.service }.')
      .optional()
      .describe('Units to reload or restart when a value changes.'),
    requires: resourceIds.optional(),
  },
  'Write { set: { PATH: VALUE } }, { flags: … } or { remove: [PATH] }; null takes the file out.',
).superRefine(({ set = {}, flags = {}, remove = [] }, context) => {
  const given = new Set(Object.keys(set));
  for (const [list, named] of Object.entries(flags))
    for (const flag of Object.keys(named)) given.add(`${list}[${flag}]`);
  for (const [n, removed] of remove.entries())
    if (given.has(removed))
      context.addIssue({
        code: 'custom',
        path: ['remove', n],
        message: `${removed} is given a value here as well. Leave one of the two.`,
      });
});
export type YamlEntry = z.output<typeof yamlEntry>;
