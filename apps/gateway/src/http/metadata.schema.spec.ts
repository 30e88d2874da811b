import { describe, expect, it } from '@jest/globals';
import { METADATA_LIMITS, metadataSchema } from './metadata.schema.js';

const deep = (levels: number): string => '{"a":'.repeat(levels) + '1' + '}'.repeat(levels);
const parsed = (json: string) => metadataSchema.safeParse(JSON.parse(json));

describe("a client's own data", () => {
  it.each(['{}', '{"class":"7b","seats":[1,2,{"row":null}],"ok":true}', deep(METADATA_LIMITS.depth)])(
    'is kept as it is: %s',
    (json) => {
      expect(parsed(json).data).toEqual(JSON.parse(json));
    },
  );

  it.each([
    ['"text"', /object/],
    ['[1]', /object/],
    ['null', /object/],
    [deep(METADATA_LIMITS.depth + 1), /5 levels/],
    [deep(100_000), /5 levels/],
    ['{"__proto__":{"admin":true}}', /"__proto__"/],
    ['{"a":[{"constructor":1}]}', /"constructor"/],
    ['{"a":{"$gt":""}}', /"\$gt"/],
    ['{"a.b":1}', /"a\.b"/],
    ['{"":1}', /""/],
    [`{"${'k'.repeat(65)}":1}`, /named/],
    [JSON.stringify({ text: 'x'.repeat(METADATA_LIMITS.characters) }), /4000 characters/],
  ])('is refused with its fault: %.40s', (json, message) => {
    expect(parsed(json).error?.issues).toMatchObject([{ message: expect.stringMatching(message) }]);
  });
});
