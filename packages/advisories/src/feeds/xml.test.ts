import { expect, it } from 'vitest';
import { type XmlElement, xmlRecords } from './xml.ts';

async function read(text: string, size = 7): Promise<readonly XmlElement[]> {
  const bytes = Buffer.from(text);
  const found: XmlElement[] = [];
  const chunks = async function* () {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  };
  for await (const element of xmlRecords(chunks(), 'a.xml', (name) => name === 'r')) found.push(element);
  return found;
}

it.each([1, 2, 3, 1000])('gives each record whole, whatever the chunks of %i bytes cut', async (size) => {
  const records = await read('<all><x><r id="1">é<n:b>two</n:b> <r/></r></x>prose<r n:id="&lt;"/></all>', size);
  expect(records.map(({ attributes }) => [...attributes])).toEqual([[['id', '1']], [['id', '<']]]);
  expect(records[0]).toMatchObject({ text: 'é', children: [{ name: 'b', text: 'two' }, { name: 'r' }] });
});

it.each([
  ['<all><r></all>', 'feed-invalid'],
  ['not xml', 'feed-invalid'],
  ['<all><r/>', 'truncated'],
  // https://cwe.mitre.org/data/definitions/776.html
  ['<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><all><r>&b;</r></all>', 'feed-invalid'],
  ['<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/passwd">]><all><r>&a;</r></all>', 'feed-invalid'],
  ['<r>'.repeat(100), 'limit-exceeded'],
  [`<all><r>${'<b/>'.repeat(200_001)}</r></all>`, 'limit-exceeded'],
])('%# is a fault', async (text, code) => {
  await expect(read(text, 65_536)).rejects.toMatchObject({ name: 'Fault', code });
});

it('keeps no prose beyond its limit', async () => {
  const [record] = await read(`<all><r>${'a'.repeat(10_000)}</r></all>`, 1000);
  expect(record?.text).toHaveLength(4096);
});
