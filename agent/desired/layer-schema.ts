import * as z from 'zod';
import { fileEntry } from './file-schema.ts';
import { packageName, resourceIds, unitKey } from './names.ts';
import { hostPath } from './paths.ts';
import { yamlEntry } from './yaml-schema.ts';
import { isTemplate, mapOf, mistake, show, strict, text, truth, wants } from './schema.ts';

/** defaults.yaml, roles/*.yaml and hosts/*.yaml: the same keys in each. `null` takes an entry of an earlier layer out. */

const SYSCTL_HOW = 'Write a number or a text, as in 1.';
const sysctlValue = z
  .union([z.int(), z.string()], {
    error: ({ input }) =>
      typeof input === 'boolean'
        ? `${show(input)} is not a value that the kernel knows. Write ${input ? 1 : 0}.`
        : mistake(input, 'a whole number or a text', SYSCTL_HOW),
  })
  .transform((value) => (typeof value === 'number' ? String(value) : value))
  .superRefine((value, context) => {
    if (!isTemplate(value) && value.trim() === '')
      context.addIssue({ code: 'custom', message: `is empty. ${SYSCTL_HOW}` });
  })
  .describe('The value, as sysctl -w takes it.');

/** sysctl.d(5): dots between the parts; "/" stands for a dot that belongs to a name, as in eth0/100. */
const sysctlKey = z
  .string()
  .regex(/^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_:@/-]+)+$/, {
    error: ({ input }) => {
      const key = String(input);
      return key.includes('/')
        ? `is not a kernel parameter as Holdfast spells them. Write ${key.replace(/^\/?(proc\/sys\/)?/, '').replaceAll('/', '.')}.`
        : 'is not a kernel parameter. Write its name with dots, as in net.ipv4.ip_nonlocal_bind.';
    },
  })
  .describe('A kernel parameter, as in net.ipv4.ip_nonlocal_bind.');

const RULE_HOW = 'Write a rule as ufw takes it on its command line, as in "allow 22/tcp".';
const rule = text('a rule', RULE_HOW, (value) => (value.trim() === '' ? `is empty. ${RULE_HOW}` : null));
const ufwSection = strict(
  {
    enabled: truth('Write enabled: true to have the firewall on.').optional().describe('Whether ufw is on.'),
    rules: z
      .array(rule, wants('a list of rules', 'Begin each rule with "- ".'))
      .optional()
      .describe('Rules as ufw takes them. Those of all layers are added up, in order.'),
  },
  'Write enabled and rules under it.',
);

const unitEntry = strict(
  {
    enabled: truth('Write true to have it started at boot.')
      .optional()
      .describe('Whether it starts at boot.'),
    running: truth('Write true to have it running.').optional().describe('Whether it runs now.'),
    requires: resourceIds.optional(),
  },
  'Write { enabled: true, running: true }.',
);
export type UnitEntry = z.output<typeof unitEntry>;

const packageEntry = z.literal('present', {
  error: ({ input }) =>
    `${show(input)} is not "present". Holdfast installs packages and removes none that it did not install: write present, or remove the line.`,
});

const section = <Key extends z.ZodString, Value extends z.ZodType>(key: Key, value: Value, example: string) =>
  mapOf(key, value.nullable(), `Write entries under it, as in ${example}.`).nullish();

export const layerFile = strict(
  {
    files: section(hostPath, fileEntry, '/etc/motd: { content: "Hello" }').describe(
      'Files by their path on the host.',
    ),
    yaml: section(hostPath, yamlEntry, '/etc/kubernetes/admin.conf: { set: { PATH: VALUE } }').describe(
      'Values inside of YAML files that others own, by their path on the host.',
    ),
    sysctls: section(sysctlKey, sysctlValue, 'net.ipv4.ip_nonlocal_bind: 1').describe('Kernel parameters.'),
    ufw: ufwSection.nullish().describe('The firewall.'),
    units: section(unitKey, unitEntry, 'haproxy.service: { enabled: true, running: true }').describe(
      'systemd units.',
    ),
    packages: section(packageName, packageEntry, 'keepalived: present').describe('Debian packages.'),
  },
  `Its keys are ${['files', 'yaml', 'sysctls', 'ufw', 'units', 'packages'].join(', ')}.`,
);
export type Layer = z.output<typeof layerFile>;
