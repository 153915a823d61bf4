import { describe, expect, it } from 'vitest';
import { visitXml } from './index.ts';
import { xmlLimits } from './limits.ts';

function read(text: string): { outcome: string; closed: string[] } {
  const closed: string[] = [];
  const outcome = visitXml(text, { close: (path, own) => closed.push(`${path.join('/')}=${own}`) });
  return { outcome, closed };
}

describe('XML', () => {
  it.each<[string, string, readonly string[]]>([
    ['text and CDATA', '<a><b> x<![CDATA[<y>]]> </b></a>', ['a/b=x<y>', 'a=']],
    ['prefixes', '<m:a xmlns:m="urn:m"><m:b>x</m:b></m:a>', ['a/b=x', 'a=']],
    ['a byte order mark', '\uFEFF<a/>', ['a=']],
    ['comments and instructions', '<?xml version="1.0"?><a><!-- b -->x<?y z?></a>', ['a=x']],
    ['the five entities of XML', '<a>&lt;&amp;&#65;</a>', ['a=<&A']],
    ['entities that nobody declared', '<a>L&oslash;v</a>', ['a=L&oslash;v']],
  ])('with %s is read', (_, text, closed) => {
    expect(read(text)).toEqual({ outcome: 'whole', closed });
  });

  it('expands no entity that it declares itself', () => {
    const laughs =
      '<!DOCTYPE a [<!ENTITY l "lol"><!ENTITY m "&l;&l;"><!ENTITY f SYSTEM "file:///etc/passwd">]><a>&m;&f;</a>';
    expect(read(laughs)).toEqual({ outcome: 'whole', closed: ['a=&m;&f;'] });
  });

  it.each(['', 'no markup', '<a>', '<a><b>', '<a', '&'])('of %j is unreadable', (text) => {
    expect(read(text).outcome).toBe('unreadable');
  });

  it('ends at its depth, its errors and the length of a text', () => {
    expect(read('<a>'.repeat(xmlLimits.depthMax + 1)).outcome).toBe('depth');
    expect(read(`<a>${'&x;'.repeat(xmlLimits.errorsMax + 1)}</a>`).outcome).toBe('unreadable');
    expect(read(`<a>${'x'.repeat(xmlLimits.textCharsMax + 1)}</a>`).closed[0]?.length).toBe(xmlLimits.textCharsMax + 2);
  });
});
