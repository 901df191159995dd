import { apiServerEverywhere } from './api-server-everywhere.ts';
import { certificate } from './certificate.ts';
import { clock } from './clock.ts';
import { gitRemote } from './git-remote.ts';
import type { AnyHostLint } from './lint.ts';
import { routerIdHeard } from './router-id-heard.ts';
import { stranger } from './stranger.ts';
import { strayManifest } from './stray-manifest.ts';
import { unheardHolder } from './unheard-holder.ts';

/** What only the host can tell. */
export const HOST_LINTS: readonly AnyHostLint[] = [
  stranger,
  routerIdHeard,
  unheardHolder,
  certificate,
  apiServerEverywhere,
  strayManifest,
  gitRemote,
  clock,
];
