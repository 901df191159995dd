/**
 * `live`: the change has reached the daemon. `unproven`: it cannot be told, and why: that is said, and not held against
 * it. `excuse`: why it is not held against the change when it is still waiting at the end of its time.
 */
export type Proof =
  | { readonly live: true; readonly unproven?: string }
  | { readonly waiting: string; readonly excuse?: string }
  | { readonly dead: string };
