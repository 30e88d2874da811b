import { describe, expect, it } from '@jest/globals';
import { readRecordingQuery } from './recording-query.schema.js';

const read = (query: string) => readRecordingQuery(new URLSearchParams(query));
const refusalOf = (query: string): unknown => {
  try {
    return read(query);
  } catch (error) {
    return error;
  }
};

describe('the query of POST /v1/listen', () => {
  it('reads what clients of Deepgram usually send', () => {
    const query =
      'model=nova-3&language=en-US&punctuate=true&smart_format=true&paragraphs=true&utterances=true';
    expect(read(query)).toMatchObject({
      model: 'nova-3',
      language: 'en',
      paragraphs: true,
      utterances: true,
    });
    expect(read('diarize=false&summarize=false&keyterm=a&keyterm=b')).toMatchObject({ keyterm: 'a,b' });
  });

  it("reads the model that version 3 of Deepgram's Python client writes where none is named as none", () => {
    expect(read('model=None')).toMatchObject({ model: '' });
    expect(read('')).toMatchObject({ model: '' });
  });

  it.each([
    ...['callback=http://x', 'diarize=true', 'encoding=linear16', 'multichannel=true', 'redact=pci'],
    ...['search=x', 'sentiment=true', 'summarize=v2', 'tag=x', 'topics=true'],
  ])('refuses %s, which it has not, by its name', (query) => {
    const [name] = query.split('=');
    expect(refusalOf(query)).toMatchObject({
      code: 'request.invalid',
      message: `${name}: is no option here`,
    });
  });

  it.each(['utt_split=0', 'language=klingon', 'utterances=perhaps', 'model=a&model=b'])(
    'refuses %s',
    (query) => {
      expect(refusalOf(query)).toMatchObject({
        message: expect.stringMatching(/^(utt|lang|utter|model)\w*: /),
      });
    },
  );
});
