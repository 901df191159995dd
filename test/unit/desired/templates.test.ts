import { describe, expect, it } from 'vitest';
import type { Cluster } from '../../../agent/desired/cluster.ts';
import { openRepository } from '../../../agent/desired/load.ts';
import { memoryTree } from '../../../agent/desired/memory-tree.ts';
import { textUnderFiles } from '../../../agent/desired/repository-files.ts';
import { listedRole } from '../../../agent/desired/role.ts';
import { templateContext } from '../../../agent/desired/template-context.ts';
import { TemplateFailure } from '../../../agent/desired/template-failure.ts';
import { openTemplates, type Templates } from '../../../agent/desired/templates.ts';
import { openSecrets } from '../../../agent/desired/secrets.ts';
import { lesson } from './lesson.ts';

const FILES = lesson({
  'files/greeting.eta': 'hello <%= it.node.name %>\n',
  'files/parts/server.eta': 'server <%= it.server.name %> <%= it.server.address %>\n',
  'files/parts/servers.eta':
    "<% for (const server of it.nodes) { %>\n<%~ include('./server', { server }) %>\n<% } %>\n",
  'files/parts/broken.eta': 'one\ntwo <%= it.cluster.nmae %>\n',
  'files/parts/around.eta': "x\n<%~ include('./broken') %>\n",
  'files/parts/endless.eta': 'x\n<% for (;;); %>',
  'files/leaving.eta': '<% left = it.secrets.token %>',
  'files/itself.eta': "<%~ include('itself') %>",
  'files/vrrp.txt': 'secret12',
});
const tree = memoryTree(FILES);

/** Stands for age: what it opens is `hunter2`. */
const opened = async () => ({ bytes: new TextEncoder().encode('hunter2\n') });

async function rendering(
  togetherMs = 30_000,
  eachMs = 300,
): Promise<{ templates: Templates; context: ReturnType<typeof templateContext> }> {
  const { cluster } = (await openRepository(tree).cluster()) as { cluster: Cluster };
  const role = listedRole(cluster, 'kubernetes-node-2')!;
  return {
    templates: openTemplates((name) => textUnderFiles(tree, name), 'vrrp.txt', {
      eachMs,
      togetherMs,
    }),
    context: templateContext(cluster, role, {
      password: { text: () => 'secret12', file: 'files/vrrp.txt', secret: null },
      secrets: await openSecrets(memoryTree({ 'secrets/token.age': 'sealed' }), opened),
      onUse: () => undefined,
    }),
  };
}

async function render(text: string) {
  const { templates, context } = await rendering();
  return templates.render({ file: null, text }, context);
}
const text = async (template: string): Promise<string> => (await render(template)).text;
async function failure(template: string): Promise<string> {
  try {
    return `rendered ${JSON.stringify(await text(template))}`;
  } catch (error) {
    if (!(error instanceof TemplateFailure)) throw error;
    return `${error.file ?? 'here'}:${error.line}: ${error.message}`;
  }
}

describe('a template', () => {
  it.each([
    ['keeps the newline behind a value', 'priority <%= it.node.priority %>\nend\n', 'priority 99\nend\n'],
    ['leaves no line for a line of code', 'a\n  <% if (true) { %>\nb\n  <% } %>\nc\n', 'a\nb\nc\n'],
    [
      'leaves no line for two tags of code in a line',
      '<% if (true) { %> <% if (true) { %>\nb\n<% } } %>\n',
      'b\n',
    ],
    ['leaves no line for a comment', 'a\n<%/* why */%>\nb\n', 'a\nb\n'],
    ['leaves no line for code in several lines', 'a\n<%\n  const x = 1;\n%>\nb <%= x %>\n', 'a\nb 1\n'],
    [
      'keeps the blank line behind a line of code',
      'a\n<% if (true) { -%>\nb\n<% } -%>\n\nc\n',
      'a\nb\n\nc\n',
    ],
    [
      'keeps the blank line behind a line of code without a dash',
      '<% if (true) { %>\nb\n<% } %>\n\nc\n',
      'b\n\nc\n',
    ],
    ['keeps text before and behind code', 'a <% if (true) { %>b<% } %> c\n', 'a b c\n'],
    ['may speak of async', '<%= ["sync", "async"].join() %> async () => {}', 'sync,async async () => {}'],
    ['escapes nothing', '<%= "<&\\"\'>" %>', '<&"\'>'],
    ['keeps backslashes, quotes and dollars', "a\\n 'b' `c` ${d} \\\\\n", "a\\n 'b' `c` ${d} \\\\\n"],
    ['prints false and zero', '<%= false %> <%= 0 %>', 'false 0'],
    [
      'may begin a tag with a bracket',
      '<% (it.nodes).forEach((n) => { %>\n<%= n.name %>\n<% }) %>\n',
      'kubernetes-node-1\nkubernetes-node-2\nkubernetes-node-3\n',
    ],
    [
      'has the other nodes as peers',
      '<%= it.peers.map((peer) => peer.address).join(" ") %>',
      '10.1.1.1 10.1.1.3',
    ],
    ['knows its own state', '<%= it.node.role %> <%= it.node.state %>', 'BACKUP BACKUP'],
    ['may ask for what is null', '<% if (it.vrrp.authPass !== null) { %>\nyes\n<% } %>\n', 'yes\n'],
    ['meets the same node twice as the same', '<%= it.nodes.indexOf(it.nodes[1]) %>', '1'],
    ['may ask whether there is a key', '<%= "priority" in it.node %>', 'true'],
    ['includes another', "<%~ include('greeting') %>", 'hello kubernetes-node-2\n'],
    [
      'includes with values of its own, relative to itself',
      "<%~ include('parts/servers.eta') %>",
      'server kubernetes-node-1 10.1.1.1\n\nserver kubernetes-node-2 10.1.1.2\n\nserver kubernetes-node-3 10.1.1.3\n\n',
    ],
  ])('%s', async (_, template, rendered) => {
    expect(await text(template)).toBe(rendered);
  });

  it('renders the same again, whatever was rendered in between', async () => {
    const { templates, context } = await rendering();
    const one = { file: null, text: '<%= it.nodes.map((n) => n.name).join() %>' };
    const first = await templates.render(one, context);
    await templates.render(
      { file: null, text: '<%= [...it.nodes].reverse().map((n) => n.name).join() %>' },
      context,
    );
    expect(await templates.render(one, context)).toEqual(first);
  });
});

describe('a template with a mistake is refused with its line:', () => {
  it.each([
    [
      'an undefined variable',
      'a\nb <%= it.vrrp.nope %>\n',
      'here:2: undefined template variable it.vrrp.nope. Known here: it.vrrp.routerId, it.vrrp.version, it.vrrp.advertInterval, it.vrrp.transport, it.vrrp.preempt, it.vrrp.authPass.',
    ],
    [
      'a misspelt variable',
      'a\n\n<%= it.vrrp.routerID %>',
      'here:3: undefined template variable it.vrrp.routerID. Did you mean it.vrrp.routerId?',
    ],
    [
      'an undefined variable that is only asked for',
      'a\n<% if (it.debug) { %>\n<% } %>',
      'here:2: undefined template variable it.debug. Known here: it.cluster, it.vrrp, it.node, it.nodes, it.peers, it.workers, it.health, it.secrets.',
    ],
    [
      'an undefined variable of a node',
      '<% for (const n of it.nodes) { %>\n<%= n.ip %>\n<% } %>',
      'here:2: undefined template variable it.nodes[0].ip. Known here: it.nodes[0].name, it.nodes[0].address, it.nodes[0].priority.',
    ],
    [
      'a node that is not there',
      '<%= it.nodes[3].name %>',
      'here:1: undefined template variable it.nodes[3].',
    ],
    ['"it." forgotten', 'a\n<%= node.name %>', 'here:2: node is not defined. Write it.node.'],
    [
      'a list printed',
      '<%= it.nodes %>',
      'here:1: a list cannot be printed. Print its entries, or join them with .join(" ").',
    ],
    ['a map printed', '<%= it.node %>', 'here:1: a map cannot be printed. Print one of its keys.'],
    [
      'a map in a text',
      '<%= `${it.node}` %>',
      'here:1: the template fails: it.node is not a text. Name one of its keys.',
    ],
    [
      'null printed',
      'a\n<%= null %>',
      'here:2: there is nothing to print here: the value is null. Ask for it with <% if (…) { %> first.',
    ],
    [
      'undefined printed',
      'a\n<%= [].at(0) %>',
      'here:2: there is nothing to print here: the value is undefined. Ask for it with <% if (…) { %> first.',
    ],
    ['no number', '<%= 1 / 0 %>', 'here:1: Infinity is no number to print.'],
    [
      'a change of what others read',
      'a\n<% it.nodes.reverse() %>',
      'here:2: the template fails: it.nodes cannot be changed. Copy it first, as in [...it.nodes].',
    ],
    ['a tag that is never closed', 'a\nb <%= it.node.name', 'here:2: a "<%" is never closed. Add the "%>".'],
    ['a quote that is never closed', 'a\n<%= "x %>\n', 'here:2: a quote in <% %> is never closed. Close it.'],
    [
      'a brace that is never closed',
      'a\n<% if (true) { %>\nb\n',
      'here:2: a "{" or "(" in <% %> is never closed. Add the <% } %> that ends it.',
    ],
    [
      'a brace too many',
      'a\nb\n<% } %>\n',
      'here:3: there is a <% } %> too many. Remove it, or open its "{".',
    ],
    [
      'wrong JavaScript',
      'a\nb\n<%= it.node. %>\nc\n',
      "here:3: the JavaScript in <% %> is wrong: Unexpected token ')'.",
    ],
    [
      'a loop without end',
      'a\n<% while (true) {} %>',
      'here:2: the template did not end within 0.3 s. Look for a loop that does not end.',
    ],
    [
      'a loop without end in what it includes',
      "a\n\n<%~ include('parts/endless') %>",
      'parts/endless.eta:2: the template did not end within 0.3 s. Look for a loop that does not end.',
    ],
    [
      'a loop that prints without end',
      'a\n<% while (true) { %>\nserver\n<% } %>',
      'here:4: the template prints more than 1 MiB. Look for a loop that does not end.',
    ],
    [
      'a text that is too long',
      '<%= "x".repeat(2 ** 21) %>',
      'here:1: the template prints more than 1 MiB. Look for a loop that does not end.',
    ],
    [
      'a text that no memory holds',
      '<%= "x".repeat(2 ** 31) %>',
      'here:1: the template fails: Invalid string length.',
    ],
    [
      'the end of the agent',
      'a\n<% process.exit(0) %>',
      'here:2: process is not defined. What Holdfast gives begins with "it.": it.cluster, it.vrrp, it.node, it.nodes, it.peers, it.workers, it.health, it.secrets.',
    ],
    [
      'the end of the agent by another way',
      '<% globalThis.process.kill(1) %>',
      "here:1: the template fails: Cannot read properties of undefined (reading 'kill').",
    ],
    [
      'code made of text',
      '<% eval("1") %>',
      'here:1: the template fails: Code generation from strings disallowed for this context.',
    ],
    [
      'code that goes on afterwards',
      'a\n<% (async () => { throw new Error("late") })() %>',
      'here:2: a template cannot wait for anything. Remove what is async.',
    ],
    ['nothing thrown', 'a\n<% throw null %>', 'here:2: the template throws null.'],
    ['something thrown', 'a\n<% throw new Error("no address") %>', 'here:2: the template fails: no address.'],
    [
      'a mistake in what it includes',
      "a\n<%~ include('parts/around') %>",
      'parts/broken.eta:2: undefined template variable it.cluster.nmae. Did you mean it.cluster.name?',
    ],
    [
      'a value that was not handed on',
      "<%~ include('parts/server') %>",
      'parts/server.eta:1: undefined template variable it.server. Known here: it.cluster, it.vrrp, it.node, it.nodes, it.peers, it.workers, it.health, it.secrets.',
    ],
    [
      'an include that does not exist',
      "a\n<%~ include('greting') %>",
      'here:2: files/greting.eta does not exist. Did you mean "greeting.eta"?',
    ],
    [
      'an include outside files/',
      "<%~ include('../cluster.yaml') %>",
      'here:1: the template fails: include("../cluster.yaml") leaves files/. Include only what is there.',
    ],
  ])('%s', async (_, template, said) => {
    expect(await failure(template)).toBe(said);
  });

  it('an include of itself', async () => {
    // A busy machine may not have reached the stack's end within what ends a loop.
    const { templates, context } = await rendering(30_000, 15_000);
    await expect(
      templates.render({ file: null, text: "<%~ include('itself') %>" }, context),
    ).rejects.toMatchObject({
      file: 'itself.eta',
      line: 1,
      message: 'the template never ends: does it include itself?',
    });
  });
});

it('what a template leaves behind is not left in the agent', async () => {
  await text('<% leftByTemplate = 1; Array.prototype.leftByTemplate = 1 %>');
  expect('leftByTemplate' in globalThis || 'leftByTemplate' in []).toBe(false);
});

it('no array of bytes can be made, whose memory no limit of the heap counts', async () => {
  const kinds = ['ArrayBuffer', 'Uint8Array', 'Uint8ClampedArray', 'BigInt64Array', 'SharedArrayBuffer'];
  expect(await text(`<%= [${kinds.map((kind) => `typeof ${kind}`).join()}].join() %>`)).toBe(
    kinds.map(() => 'undefined').join(),
  );
});

describe('a secret that a template leaves behind is not there for the next one:', () => {
  it.each([
    ['a global', 'left = it.secrets.token', 'left'],
    ['a prototype', 'String.prototype.left = it.secrets.token', '"".left'],
    ['a global of an included file', "include('leaving')", 'left'],
  ])('%s', async (_, leave, take) => {
    const { templates, context } = await rendering();
    const leaving = await templates.render({ file: null, text: `<% ${leave} %>` }, context);
    const taking = `<% try { %><%= ${take} ?? "nothing" %><% } catch { %>nothing<% } %>`;
    expect(leaving.secret).toBe(true);
    expect(await templates.render({ file: null, text: taking }, context)).toEqual({
      text: 'nothing',
      secret: false,
    });
  });

  it('nor for itself, when it is begun anew for a file that it includes', async () => {
    const again = "<% globalThis.left ??= it.secrets.token %><%~ include('greeting') %><%= left %>";
    expect((await render(again)).secret).toBe(true);
  });
});

describe('that the password was read is noticed', () => {
  it.each([
    ['printed', '<%= it.vrrp.authPass %>'],
    ['of it.secrets', '<%= it.secrets.token %>'],
    ['named in quotes', '<%= it.secrets["token"].length %>'],
    ['only asked for', '<% if (it.vrrp.authPass === "x") { %><% } %>'],
    ['taken apart', '<% const { authPass: p } = it.vrrp %><%= p %>'],
    ['copied', '<% const v = { ...it.vrrp } %>'],
    ['with all others', '<%= Object.values(it.vrrp).join() %>'],
    ['as JSON', '<%= JSON.stringify(it.vrrp) %>'],
    ['from its file', "<%~ include('vrrp.txt') %>"],
  ])('%s', async (_, template) => {
    expect((await render(template)).secret).toBe(true);
  });

  it('and is not noticed where it was not', async () => {
    const { templates, context } = await rendering();
    await templates.render({ file: null, text: '<%= it.vrrp.authPass %>' }, context);
    const other = await templates.render(
      { file: null, text: "<%= it.vrrp.routerId %><%~ include('greeting') %>" },
      context,
    );
    expect(other.secret).toBe(false);
  });
});

it('many templates that each end are bounded together, and the first one too many is named', async () => {
  const { templates, context } = await rendering(100);
  const slow = { file: 'slow.eta', text: 'x\n<% for (let i = 0; i < 1e7; i++); %>\n' };
  const untilTooMuch = async (): Promise<never> => {
    for (;;) await templates.render(slow, context);
  };
  await expect(untilTooMuch()).rejects.toThrow(
    'the templates of this commit need more than 0.1 s together. Look for a loop that does not end.',
  );
  await expect(templates.render({ file: null, text: '<% const x = 1; %>' }, context)).rejects.toThrow(
    TemplateFailure,
  );
  // What runs no code is not kept from being written.
  expect((await templates.render({ file: null, text: '<%= it.node.name %>' }, context)).text).toBe(
    'kubernetes-node-2',
  );
});
