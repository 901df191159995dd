import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { candidateOf } from '../../agent/desired/candidate.ts';
import { formatDiagnostics } from '../../agent/desired/diagnostics.ts';
import { memoryTree } from '../../agent/desired/memory-tree.ts';
import { age } from '../../agent/host/age.ts';
import { KINDS } from '../../agent/resources/index.ts';
import { LESSON } from '../unit/desired/lesson.ts';

// Whatever a secret is, and wherever a commit puts it: it is in the content of a file that others cannot read, or the
// commit is refused, and what a plan, a generation, the journal or a person gets to see holds nothing of it.

const READ = 'it.secrets.token';
const CONTENT = 'content: x, mode: "0600"';
const file = (fields: string): string => `files: { /etc/a: { ${fields} } }`;
const USES: readonly string[] = [
  file('secret: token, mode: "0600"'),
  file('secret: token'),
  file(`content: "a <%= ${READ} %> b", mode: "0600"`),
  file(`content: "<%= ${READ} %>", mode: "0644"`),
  file(`content: "<% throw ${READ} %>", mode: "0600"`),
  file(`content: "<% throw new Error(${READ}) %>", mode: "0600"`),
  file(`content: "<% throw new Error(encodeURIComponent(${READ})) %>", mode: "0600"`),
  file(`content: "<% throw new Error(JSON.stringify(${READ})) %>", mode: "0600"`),
  file(`content: "<% include(${READ}) %>", mode: "0600"`),
  file(`content: "<%= it.node[${READ}] %>", mode: "0600"`),
  file(`content: x, mode: "<%= ${READ} %>"`),
  file(`${CONTENT}, owner: "<%= ${READ} %>"`),
  file(`${CONTENT}, validate: "true <%= ${READ} %>"`),
  file(`${CONTENT}, notify: { reload: "<%= ${READ} %>.service" }`),
  `files: { "/etc/<%= ${READ} %>": { ${CONTENT} } }`,
  `sysctls: { net.ipv4.ip_forward: "<%= ${READ} %>" }`,
  `ufw: { enabled: true, rules: [ "allow 22/tcp comment '<%= ${READ} %>'" ] }`,
  `units: { "<%= ${READ} %>.service": { running: true } }`,
  `yaml: { /etc/a.yaml: { flags: { "a": { --b: "<%= ${READ} %>" } } } }`,
  `files: { /etc/a: { content: "<% left = ${READ} %>", mode: "0600" }, /etc/b: { content: "<%= left %>" } }`,
];

/** Of so many letters that no other word holds it by chance. */
const word = fc.string({
  unit: fc.constantFrom(...'QXZJqxzj0189+/=&%$"\'\\ \n\t\u001b\u00e9'),
  minLength: 8,
  maxLength: 60,
});
const secrets = word.filter((text) => /[QXZJqxzj0189]{4}/.test(text.trim()));

const spelt = (secret: string): readonly string[] =>
  [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)].flatMap((text) => [
    text,
    JSON.stringify(text).slice(1, -1),
  ]);

it('a secret that age opened is in the content of private files, and in nothing that is said or kept', async () => {
  const identity = await age.newIdentity();
  const key = await age.publicHalf(identity);
  await fc.assert(
    fc.asyncProperty(secrets, fc.constantFrom(...USES), async (secret, use) => {
      const sealed = await age.seal(new TextEncoder().encode(secret), [key]);
      const found = await candidateOf({
        tree: memoryTree({ ...LESSON, 'secrets/token.age': sealed, 'hosts/kubernetes-node-1.yaml': use }),
        from: { directory: '/state' },
        identity: { hostname: 'kubernetes-node-1', addresses: new Map([['eth0', ['10.1.1.1']]]) },
        checkAddress: true,
        kinds: KINDS,
        unlock: (bytes) => age.open(bytes, [identity]),
      });
      const { blobs, ...kept } =
        'blobs' in found ? found : { ...found, blobs: new Map<string, Uint8Array>() };
      const said = 'diagnostics' in found ? formatDiagnostics(found.diagnostics, { colour: false }) : '';
      for (const text of spelt(secret.trim())) expect(JSON.stringify(kept) + said).not.toContain(text);
      // Bytes are kept apart, by their digest; who refers to those of a secret is private.
      const holding = [...blobs.values()].filter((bytes) => Buffer.from(bytes).includes(secret.trim()));
      const digests = holding.map((bytes) => createHash('sha256').update(bytes).digest('hex'));
      const resources = 'resources' in found ? found.resources : [];
      for (const { spec, secret: isSecret } of resources)
        if (digests.some((digest) => JSON.stringify(spec).includes(digest))) expect(isSecret).toBe(true);
    }),
    { numRuns: process.env['HOLDFAST_SOAK'] === '1' ? 3_000 : 100 },
  );
});
