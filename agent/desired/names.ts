import { isIPv4 } from 'node:net';
import * as z from 'zod';
import { matching, mistake, text, wants } from './schema.ts';

/** The names and addresses of the field, each with the rule that says what one looks like. */

const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
/** A node's name is its short hostname: an RFC 1123 label, lower case as Kubernetes wants it. */
export const nodeName = z
  .string()
  .regex(LABEL, {
    error: ({ input }) => nodeNameProblem(String(input)),
  })
  .describe('The short hostname of the node: lower-case letters, digits and hyphens.');

function nodeNameProblem(name: string): string {
  if (LABEL.test(name.toLowerCase()))
    return `a node's name is its hostname in lower case. Write ${name.toLowerCase()}.`;
  if (name.includes('.'))
    return `a node's name is its short hostname. Write ${name.split('.')[0] ?? name}, without the domain.`;
  return "a node's name is its short hostname: up to 63 lower-case letters, digits and hyphens, as in kubernetes-node-1.";
}

const FOUR_PARTS = 'Write all four parts, as in 10.1.1.2.';
export const ipv4 = (missing: string) =>
  z.ipv4({
    error: ({ input }) =>
      input === undefined || input === null ? mistake(input, '', missing) : ipv4Problem(input),
  });

function ipv4Problem(value: unknown): string {
  const sentence = (how: string): string => mistake(value, 'an IPv4 address', how);
  if (typeof value !== 'string') return sentence(FOUR_PARTS);
  const [address = '', prefix] = value.split('/');
  if (prefix !== undefined && isIPv4(address))
    return sentence(`Write it without the prefix length: ${address}.`);
  if (value.includes(':') && !value.includes('.'))
    return sentence('Holdfast needs IPv4 here, as in 10.1.1.2.');
  const parts = value.split('.');
  const high = parts.find((part) => /^\d+$/.test(part) && Number(part) > 255);
  if (high !== undefined) return sentence(`${high} is over 255.`);
  if (parts.length === 4 && parts.some((part) => /^0\d/.test(part)))
    return sentence('Write the parts without leading zeros.');
  return sentence(FOUR_PARTS);
}

export const interfaceName = z
  .string(wants('a network interface', 'Write its name as `ip link` shows it, as in eth0.'))
  .regex(
    /^(?!\.{1,2}$)[^\s/:]{1,15}$/,
    wants('a network interface', 'Write its name as `ip link` shows it, as in eth0.'),
  );

const SUFFIXES = 'service|socket|timer|path|mount|automount|swap|target|slice|scope|device';
/** systemd.unit(5): a name, maybe an instance, and a suffix. */
const UNIT = new RegExp(`^[A-Za-z0-9:_.\\\\-]+(?:@[A-Za-z0-9:_.\\\\-]*)?\\.(?:${SUFFIXES})$`);
const UNIT_HOW = 'Write its full name, as in haproxy.service.';

export function unitProblem(name: string): string | null {
  if (/^holdfast(-recover)?\.service$/.test(name))
    return `${show(name)} is Holdfast itself: it would stop in the middle of its work. Leave it out.`;
  if (UNIT.test(name)) return null;
  if (UNIT.test(`${name}.service`)) return mistake(name, 'a unit', `Did you mean "${name}.service"?`);
  return mistake(name, 'a unit', UNIT_HOW);
}
const show = (name: string): string => JSON.stringify(name);

export const unitName = text('a unit', UNIT_HOW, unitProblem);
export const unitKey = z
  .string()
  .superRefine((name, context) => {
    const message = unitProblem(name);
    if (message !== null) context.addIssue({ code: 'custom', message });
  })
  .describe('The full name of a systemd unit, as in haproxy.service.');

const ACCOUNT_HOW = 'Write a name, as in root.';
export const accountName = (what: 'a user' | 'a group') =>
  text(what, ACCOUNT_HOW, matching(/^[A-Za-z_][A-Za-z0-9_.-]{0,31}\$?$/, `${what}'s name`, ACCOUNT_HOW));

/** deb-control(5), "Package": at least two of these characters. */
export const packageName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9+.-]+$/, {
    error: ({ input }) =>
      /[=:]/.test(String(input))
        ? `${show(String(input))} is not the name of a package. Write the name alone, without a version or an architecture.`
        : `${show(String(input))} is not the name of a package. Write it as apt does, in lower case, as in keepalived.`,
  })
  .describe('The name of a Debian package, as in keepalived.');

const ID_HOW = 'Write it as in "file[/etc/haproxy/haproxy.cfg]".';
export const resourceIds = z
  .array(
    text('a resource', ID_HOW, matching(/^[a-z-]+\[.+\]$/s, 'a resource', ID_HOW)),
    wants('a list of resources', 'Write it as in ["file[/etc/haproxy/haproxy.cfg]"].'),
  )
  .describe('Resources that must be in place before this one, as in "file[/etc/haproxy/haproxy.cfg]".');
