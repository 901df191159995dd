import { describe, expect, it } from 'vitest';
import { interpolated } from '../../../agent/desired/plain-interpolation.ts';
import type { TemplateContext } from '../../../agent/desired/template-context.ts';

const context = {
  cluster: { name: 'home', vip: '10.1.233.1', apiPort: 6443, interface: 'eth0' },
  vrrp: { authPass: 'hunter2' },
  node: { name: 'kubernetes-node-1', state: null },
} as unknown as TemplateContext;

describe('a text that only names values', () => {
  it.each([
    ['no tag at all\n', 'no tag at all\n'],
    ['<%= it.cluster.vip %>:<%=it.cluster.apiPort%>\n', '10.1.233.1:6443\n'],
    ['a $& b <%= it.node.name %>', 'a $& b kubernetes-node-1'],
  ])('%j is %j', (text, result) => {
    expect(interpolated(text, context)).toEqual({ text: result, secret: false });
  });

  it('is secret when it names the password', () => {
    expect(interpolated('auth_pass <%= it.vrrp.authPass %>', context)).toEqual({
      text: 'auth_pass hunter2',
      secret: true,
    });
  });
});

describe('everything else is left to the engine', () => {
  it.each([
    '<% for (const x of it.nodes) { %>',
    '<%= it.cluster.nmae %>',
    '<%= it.cluster %>',
    '<%= it.node.state %>',
    '<%= it.cluster.constructor %>',
    '<%= it.cluster.vip.length + 1 %>',
    '<%= 1 %>',
    '<%~ it.cluster.vip %>',
    '<%= it.cluster.vip -%>\nx',
    'half a tag <%= it.cluster.vip',
    '%> first',
  ])('%j', (text) => {
    expect(interpolated(text, context)).toBeNull();
  });
});
