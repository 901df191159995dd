import { statementsIn } from '../../desired/keepalived-blocks.ts';
import { instancesOf } from './instances.ts';
import { KEEPALIVED, type Instance, type Lint } from './lint.ts';

/** keepalived.conf(5): "auth_pass … only the first eight (8) characters are used"; `keepalived -t` exits with 5 over it. */
const LONGEST = 8;

export const authPass: Lint = ({ hosts }) =>
  hosts
    .flatMap(instancesOf)
    .flatMap((instance) => tooLong(instance))
    .map(({ instance: { host, name }, length, unit, line }) => ({
      severity: 'error',
      hostname: host.role.hostname,
      file: KEEPALIVED,
      line,
      sentence: `auth_pass of ${name} has ${length} ${unit}, and keepalived takes ${LONGEST}: it cuts the rest off, and its check of the configuration fails. Write only the first ${LONGEST}; hosts that were given the long one go on understanding it.`,
    }));

function tooLong(instance: Instance) {
  return statementsIn(instance.block, 'authentication').flatMap(({ words, line }) => {
    const password = words[0] === 'auth_pass' ? (words[1] ?? '') : '';
    // keepalived counts bytes, of which a letter with an accent has two.
    const length = Buffer.byteLength(password);
    const unit = length === password.length ? 'characters' : 'bytes';
    return length > LONGEST ? [{ instance, length, unit, line }] : [];
  });
}
