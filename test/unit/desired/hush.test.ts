import { describe, expect, it } from 'vitest';
import { hushed, inSpans, spansOf } from '../../../agent/desired/hush.ts';

describe('a sentence without secrets', () => {
  it.each([
    ['a word', 'auth_pass hunter2, too long', ['hunter2'], 'auth_pass ****, too long'],
    ['a short one', 'auth_pass x1', ['x1'], 'auth_pass ****'],
    ['with the end of its line', 'it is hunter2.', ['hunter2\n'], 'it is ****.'],
    ['a line of several', 'line 2: "b3BlbnNzaC1r"', ['BEGIN\nb3BlbnNzaC1r\nEND\n'], 'line 2: "****"'],
    ['a word of several', 'unknown word geheim', ['ganz geheim'], 'unknown word ****'],
    ['as JSON spells it', '{"a":"x\\"y\\nz1234"}', ['x"y\nz1234'], '{"a":"****"}'],
    ['as an address spells it', 'GET /?key=a%20b%26c1 failed', ['a b&c1'], 'GET /?key=**** failed'],
    ['as base64', 'Basic aHVudGVyMg==: refused', ['hunter2'], 'Basic ****==: refused'],
    ['as hexadecimal digits', 'psk=68756e74657232', ['hunter2\n'], 'psk=****'],
    ['one within the other', 'hunter2hunter3', ['hunter2', 'hunter2hunter3'], '****'],
    ['a brace of a long one, which says nothing', 'expected }', ['{\n  token\n}'], 'expected }'],
    ['none', 'expected }', ['', '\n'], 'expected }'],
  ])('%s', (_, sentence, secrets, said) => {
    expect(hushed(sentence, secrets)).toBe(said);
  });
});

it('where a secret stands in a text is enough to find it again', () => {
  const text = 'auth_pass hunter2\n# hunter2 and geheim\n';
  const spans = spansOf(text, ['hunter2\n', 'geheim', 'not there', '']);
  expect(inSpans(text, spans)).toEqual(['hunter2', 'hunter2', 'geheim']);
  expect(JSON.stringify(spans)).not.toMatch(/hunter|geheim/);
});
