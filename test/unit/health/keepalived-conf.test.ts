import { describe, expect, it } from 'vitest';
import { stepsBackBy } from '../../../agent/health/keepalived-conf.ts';

/** Whether a host can be told to step back behind the others. */

const FILE = '/run/holdfast/handover';
const CONF = `
track_file haproxy { file /run/haproxy/alive
  weight 0 }
track_file handover {
  file ${FILE}   # written by somebody
  weight 1
}
vrrp_instance VI_1 {
  virtual_router_id 51
  track_file {
    haproxy
    handover
  }
  virtual_ipaddress { 10.1.233.1/32 label eth0:vip }
}
`;
const stepsBack = (text: string): boolean => stepsBackBy(FILE, '10.1.233.1', text);

describe('a host steps back from the virtual IP by a file', () => {
  it.each([
    ['that its instance tracks', CONF],
    ['by its older name', CONF.replace('track_file handover', 'vrrp_track_file handover')],
    [
      'whose weight stands in the instance',
      CONF.replace('  weight 1\n', '').replace(/handover\n {2}\}/, 'handover weight 1\n  }'),
    ],
    [
      'with another instance beside it',
      `vrrp_instance VI_2 {\n nopreempt\n virtual_ipaddress { 10.1.233.2 }\n}\n${CONF}`,
    ],
  ])('%s', (_, conf) => expect(stepsBack(conf)).toBe(true));

  it.each([
    ['that is not tracked', CONF.replace('    handover\n', '')],
    ['that only another instance tracks', CONF.replace('10.1.233.1', '10.1.233.2')],
    ['that is another one', CONF.replace(FILE, '/run/other')],
    ['that counts for more', CONF.replace('weight 1', 'weight 2')],
    ['that counts for more in the instance', CONF.replace('    handover\n', '    handover weight 2\n')],
    ['and would not come back', CONF.replace('virtual_router_id', 'nopreempt\n  virtual_router_id')],
    ['and nobody knows, for it refers to other files', `include /etc/keepalived/*.conf\n${CONF}`],
    ['of a configuration that is not whole', CONF.slice(0, CONF.indexOf('  virtual_ipaddress'))],
    ['of no configuration', ''],
  ])('not by one %s', (_, conf) => {
    expect(conf).not.toBe(CONF);
    expect(stepsBack(conf)).toBe(false);
  });
});
