import * as z from 'zod';
import { mistake } from './schema.ts';

const NAME_HOW = 'Write small letters, digits, "-" and "_", as in vrrp: the file is secrets/NAME.age.';
/** `recipients.yaml` is beside the records of secrets, which are called the same. */
const NAME = /^(?!recipients$)[a-z0-9][a-z0-9_-]{0,63}$/;

/** What stands in a name's place may be the secret itself: it is not quoted. */
export const secretNameProblem = (name: string): string | null =>
  NAME.test(name) ? null : `is not a secret's name. ${NAME_HOW}`;

export const secretName = z
  .string({
    error: ({ input }) =>
      input === undefined || input === null
        ? mistake(input, '', NAME_HOW)
        : `is not a secret's name. ${NAME_HOW}`,
  })
  .superRefine((name, context) => {
    const message = name.endsWith('.age')
      ? mistake(name, "a secret's name", `Write ${name.replace(/^secrets\//, '').slice(0, -4)}.`)
      : secretNameProblem(name);
    if (message !== null) context.addIssue({ code: 'custom', message });
  });

export const secretFile = (name: string): string => `secrets/${name}.age`;

/** The name of the secret in a file of this name under secrets/; `null`: it is none. */
export function secretIn(file: string): string | null {
  const name = /^(.+)\.age$/.exec(file)?.[1];
  return name !== undefined && secretNameProblem(name) === null ? name : null;
}
