import { expect, test } from 'vitest';
import { withoutSecrets } from '../../../agent/plan/without-secrets.ts';
import { FakeHost } from '../../support/fake-host.ts';
import { file } from '../../support/desired.ts';

const CONF = '/etc/keepalived/keepalived.conf';
const TEXT = 'interface eth9\nauth_pass hunter2\n';
const PRINTED = `"keepalived -t" failed with exit code 1: ${CONF}: line 1: eth9 is not there; line 2: auth_pass hunter2`;

const said = (more: object): string => {
  const host = new FakeHost();
  return withoutSecrets(PRINTED, [{ ...file(host, CONF, TEXT), ...more }], host.blobs);
};

test('what a check quotes of a secret file is masked where its secrets are, and the rest says what is wrong', () => {
  expect(said({ secret: true, hidden: [[TEXT.indexOf('hunter2'), 7]] })).toBe(
    PRINTED.replace('hunter2', '****'),
  );
});

test('where nobody knows which part of a file is secret, every word of it is masked, and its path is not', () => {
  const masked = said({ secret: true });
  expect(masked).not.toMatch(/hunter2|auth_pass|eth9/);
  expect(masked).toContain(CONF);
});

test('what a check says of other files is said as it is', () => {
  expect(said({ secret: false })).toBe(PRINTED);
});

test('bytes that nobody has at hand cannot have been quoted', () => {
  const resource = { ...file(new FakeHost(), CONF, TEXT), secret: true };
  expect(withoutSecrets(PRINTED, [resource], new FakeHost().blobs)).toBe(PRINTED);
});
