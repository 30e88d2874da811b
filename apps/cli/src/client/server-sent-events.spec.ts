import { describe, expect, it } from '@jest/globals';
import { serverSentEvents } from './server-sent-events.js';

async function read(...chunks: string[]): Promise<string[]> {
  const encoder = new TextEncoder();
  async function* body() {
    for (const chunk of chunks) yield encoder.encode(chunk);
  }
  const events: string[] = [];
  for await (const event of serverSentEvents(body())) events.push(event);
  return events;
}

describe('serverSentEvents', () => {
  it('finds events across chunk borders, wherever these fall', async () => {
    expect(await read('data: {"a"', ':1}\n', '\ndata: b\r\n\r', '\n')).toEqual(['{"a":1}', 'b']);
  });

  it('joins the lines of one event and leaves out comments and other fields', async () => {
    expect(await read(': hello\nevent: x\ndata: one\ndata:two\nid: 7\n\n')).toEqual(['one\ntwo']);
  });

  it('gives nothing for an event that was cut off before its blank line', async () => {
    expect(await read('data: half\n')).toEqual([]);
  });

  it('keeps a character whole whose bytes came in two chunks', async () => {
    const bytes = new TextEncoder().encode('data: é\n\n');
    async function* body() {
      yield bytes.slice(0, 7);
      yield bytes.slice(7);
    }
    const events: string[] = [];
    for await (const event of serverSentEvents(body())) events.push(event);
    expect(events).toEqual(['é']);
  });
});
