import { agreement } from './agreement.ts';
import { authPass } from './auth-pass.ts';
import { holdsVip } from './holds-vip.ts';
import { hungApiServer } from './hung-api-server.ts';
import { idleTimeouts } from './idle-timeouts.ts';
import type { Lint } from './lint.ts';
import { manifestLeftovers } from './manifest-leftovers.ts';
import { masters } from './masters.ts';
import { nonlocalBind } from './nonlocal-bind.ts';
import { nopreempt } from './nopreempt.ts';
import { ownPath } from './own-path.ts';
import { priorities } from './priorities.ts';
import { routerId } from './router-id.ts';
import { scriptSecurity } from './script-security.ts';
import { staticAddress } from './static-address.ts';
import { unicastPeers } from './unicast-peers.ts';
import { vrrpFirewall } from './vrrp-firewall.ts';

/** What the repository alone tells, and cluster.yaml's own invariants do not: it depends on files that a person wrote. */
export const REPOSITORY_LINTS: readonly Lint[] = [
  authPass,
  agreement,
  unicastPeers,
  routerId,
  priorities,
  masters,
  holdsVip,
  staticAddress,
  nopreempt,
  scriptSecurity,
  hungApiServer,
  idleTimeouts,
  ownPath,
  nonlocalBind,
  manifestLeftovers,
  vrrpFirewall,
];
