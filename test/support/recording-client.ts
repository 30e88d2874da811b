import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { READ_SPEECH, speechAs } from './speech-samples.js';

export interface RecordingAnswer {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly code: string | undefined;
  readonly tookMs: number;
}

const BOUNDARY = 'form-boundary';
const PAUSE_MS = 500;

/** One tenant that uploads the same recording again and again. It costs the machine as little as a client can, since it shares the
 *  machine with what is measured: the form is made once, connections stay open. */
export class RecordingClient {
  private readonly agent = new Agent({ keepAlive: true });
  private readonly form: Buffer;

  constructor(
    private readonly url: string,
    private readonly key: string,
    recording: Buffer = speechAs(READ_SPEECH.letter, '-f flac'),
  ) {
    this.form = Buffer.concat([
      Buffer.from(
        `--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="letter.flac"\r\n\r\n`,
      ),
      recording,
      Buffer.from(`\r\n--${BOUNDARY}--\r\n`),
    ]);
  }

  async transcribe(): Promise<RecordingAnswer> {
    const begun = performance.now();
    const asked = request(new URL('/v1/audio/transcriptions', this.url), {
      method: 'POST',
      agent: this.agent,
      headers: {
        authorization: `Bearer ${this.key}`,
        'content-type': `multipart/form-data; boundary=${BOUNDARY}`,
        'content-length': this.form.length,
      },
    });
    const answered = Promise.withResolvers<RecordingAnswer>();
    asked.on('error', answered.reject);
    asked.once('response', (response) => {
      text(response)
        .then((body) => {
          const { error } = JSON.parse(body) as { error?: { code: string } };
          answered.resolve({
            status: response.statusCode ?? 0,
            retryAfter: response.headers['retry-after'] ?? null,
            code: error?.code,
            tookMs: performance.now() - begun,
          });
        })
        .catch(answered.reject);
    });
    asked.end(this.form);
    return answered.promise;
  }

  /** One after the other. */
  async transcribeInTurn(count: number): Promise<RecordingAnswer[]> {
    const answers: RecordingAnswer[] = [];
    for (let nth = 0; nth < count; nth += 1) answers.push(await this.transcribe());
    return answers;
  }

  close(): void {
    this.agent.destroy();
  }
}

/** Clients of one tenant that ask again as soon as they are answered, and half a second after a refusal, whatever time it names. */
export class Crowd {
  readonly answers: RecordingAnswer[] = [];
  private isOver = false;
  private readonly members: readonly Promise<void>[];

  constructor(
    private readonly client: RecordingClient,
    size: number,
  ) {
    this.members = Array.from({ length: size }, () => this.ask());
  }

  get refused(): RecordingAnswer[] {
    return this.answers.filter(({ status }) => status !== 200);
  }

  get served(): RecordingAnswer[] {
    return this.answers.filter(({ status }) => status === 200);
  }

  async leave(): Promise<void> {
    this.isOver = true;
    await Promise.all(this.members);
  }

  private async ask(): Promise<void> {
    while (!this.isOver) {
      const answer = await this.client.transcribe();
      this.answers.push(answer);
      if (answer.status !== 200) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}

/** Milliseconds that each answer took. */
export function timesOf(answers: readonly RecordingAnswer[]): number[] {
  return answers.map(({ tookMs }) => tookMs);
}
