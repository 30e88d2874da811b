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
    ['that it is a text', '"text"', /object/],
    ['that it is a list', '[1]', /object/],
    ['that it is nothing', 'null', /object/],
    ['its depth', deep(METADATA_LIMITS.depth + 1), /5 levels/],
    ['a depth that no stack has', deep(100_000), /5 levels/],
    ['a prototype', '{"__proto__":{"admin":true}}', /"__proto__"/],
    ['a constructor within', '{"a":[{"constructor":1}]}', /"constructor"/],
    ['an operator', '{"a":{"$gt":""}}', /"\$gt"/],
    ['a path', '{"a.b":1}', /"a\.b"/],
    ['a field without a name', '{"":1}', /""/],
    ['a long name', `{"${'k'.repeat(65)}":1}`, /named/],
    ['its length', JSON.stringify({ text: 'x'.repeat(METADATA_LIMITS.characters) }), /4000 characters/],
  ])('is refused for %s', (_name, json, message) => {
    expect(parsed(json).error?.issues).toMatchObject([{ message: expect.stringMatching(message) }]);
  });
});
