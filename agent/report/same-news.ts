/** `(1043)`, `[1043]`, `pid 1043`, `process 1043`: another number each time the same thing goes wrong. */
const PROCESS_NUMBERS = /\((\d{1,7})\)|\[(\d{1,7})\]|\b(pid|process)([ =:]+)\d+/gi;

/** What is said without the numbers of processes, which differ in every cycle and are no news. */
export const news = (text: string): string => text.replaceAll(PROCESS_NUMBERS, '$3');

export const sameNews = (a: string, b: string): boolean => news(a) === news(b);
