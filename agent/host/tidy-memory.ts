/**
 * Gives back what a cycle leaves behind: V8 by itself waits until much more has piled up than a Pi has to spare. It
 * takes `node --expose-gc` (systemd/holdfast.service); without it nothing happens.
 */
export const tidyMemory = (): void => (globalThis as { readonly gc?: () => void }).gc?.();
