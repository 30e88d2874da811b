import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readBody } from './aws-signature.js';

/** How the server treats the next call of a method. */
export type TelegramBehaviour =
  | { readonly status: number; readonly description?: string; readonly retryAfterSeconds?: number }
  | 'hang'
  | 'cut';

/** A call as it came: fields of JSON or of a multipart form, uploaded files apart. */
export interface TelegramCall {
  readonly method: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly files: Readonly<Record<string, Buffer>>;
}

export interface TelegramUpdate extends Readonly<Record<string, unknown>> {
  readonly update_id: number;
}

/** The parts of a sent message that the tests read. */
export interface SentMessage {
  readonly text: string;
  readonly buttons: readonly { readonly text: string; readonly callback_data: string }[];
}

const BOT_ID = 4242;

/** A server that speaks the Bot API's wire format, failing on command. Users are numbers; their chat has the same. */
export class TelegramServer {
  static readonly token = `${BOT_ID}:test-token_of-the-bot-0123456789`;
  readonly calls: TelegramCall[] = [];
  /** Taken one a call of the method. */
  readonly next = new Map<string, TelegramBehaviour[]>();
  readonly files = new Map<string, Buffer>();
  private readonly pending: TelegramUpdate[] = [];
  private readonly polls = new Set<() => void>();
  private lastId = 1_000;

  private constructor(private readonly server: Server) {}

  static async start(): Promise<TelegramServer> {
    const server = createServer();
    const telegram = new TelegramServer(server);
    server.on(
      'request',
      (request, response) => void telegram.answer(request, response).catch(() => response.destroy()),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return telegram;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** Behaviours of a method's next calls. */
  fail(method: string, ...behaviours: readonly TelegramBehaviour[]): void {
    this.next.set(method, [...(this.next.get(method) ?? []), ...behaviours]);
  }

  /** An update with a message of a user; `content` as in the Bot API, as { text }. */
  message(user: number, content: Readonly<Record<string, unknown>>, chatType = 'private'): TelegramUpdate {
    const text = typeof content.text === 'string' ? content.text : '';
    const command = /^\/\w+(@\w+)?/.exec(text)?.[0];
    const id = ++this.lastId;
    return {
      update_id: id,
      message: {
        message_id: id,
        date: Math.floor(Date.now() / 1_000),
        from: { id: user, is_bot: false, first_name: 'Ada', language_code: 'en' },
        chat: { id: chatType === 'private' ? user : -user, type: chatType, first_name: 'Ada' },
        ...(command ? { entities: [{ type: 'bot_command', offset: 0, length: command.length }] } : {}),
        ...content,
      },
    };
  }

  /** An update with a voice message that can be downloaded. */
  voice(
    user: number,
    audio: Buffer,
    duration = 5,
    more: Readonly<Record<string, unknown>> = {},
  ): TelegramUpdate {
    const file_id = `voice-${this.files.size + 1}`;
    this.files.set(file_id, audio);
    return this.message(user, {
      voice: { file_id, file_unique_id: file_id, duration, mime_type: 'audio/ogg', file_size: audio.length },
      ...more,
    });
  }

  /** An update with the press of a button. */
  press(user: number, data: string): TelegramUpdate {
    const id = ++this.lastId;
    const from = { id: user, is_bot: false, first_name: 'Ada', language_code: 'en' };
    const message = {
      message_id: id,
      date: 1,
      chat: { id: user, type: 'private', first_name: 'Ada' },
      text: '…',
    };
    return { update_id: id, callback_query: { id: `q${id}`, from, chat_instance: '1', data, message } };
  }

  /** Lies ready for getUpdates until a later offset confirms it. */
  push(update: TelegramUpdate): void {
    this.pending.push(update);
    for (const wake of this.polls) wake();
  }

  /** What a chat was sent or had changed, in order. */
  sentTo(chat: number): SentMessage[] {
    return this.calls
      .filter(
        ({ method, fields }) =>
          /^(sendMessage|editMessageText)$/.test(method) && Number(fields.chat_id) === chat,
      )
      .map(({ fields }) => {
        const markup = fields.reply_markup as { inline_keyboard?: SentMessage['buttons'][] } | undefined;
        return { text: String(fields.text), buttons: (markup?.inline_keyboard ?? []).flat() };
      });
  }

  /** The voice messages that a chat was sent. */
  voicesTo(chat: number): Buffer[] {
    return this.calls
      .filter(({ method, fields }) => method === 'sendVoice' && Number(fields.chat_id) === chat)
      .flatMap(({ files }) => Object.values(files));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request);
    const path = request.url ?? '';
    const file = `/file/bot${TelegramServer.token}/`;
    if (path.startsWith(file)) return this.give(path.slice(file.length), response);
    const [, token, method = ''] = /^\/bot([^/]+)\/(\w+)$/.exec(path) ?? [];
    if (token !== TelegramServer.token) return refuse(response, { status: 401, description: 'Unauthorized' });
    const call = { method, ...(await readFields(request, body)) };
    this.calls.push(call);
    const behaviour = this.next.get(method)?.shift();
    if (behaviour === 'hang') return;
    if (behaviour === 'cut') return void response.destroy();
    if (behaviour) return refuse(response, behaviour);
    const result = await this.resultOf(call, response);
    if (result === undefined) return refuse(response, { status: 400, description: `Bad Request: ${method}` });
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ ok: true, result }));
  }

  private async resultOf({ method, fields }: TelegramCall, response: ServerResponse): Promise<unknown> {
    switch (method) {
      case 'getMe':
        return { id: BOT_ID, is_bot: true, first_name: 'Practice', username: 'practice_bot' };
      case 'getUpdates':
        return this.poll(fields, response);
      case 'getFile': {
        const id = String(fields.file_id);
        const audio = this.files.get(id);
        return (
          audio && { file_id: id, file_unique_id: id, file_size: audio.length, file_path: `voice/${id}.oga` }
        );
      }
      case 'sendMessage':
      case 'sendVoice':
      case 'editMessageText':
        return {
          message_id: this.calls.length,
          date: 1,
          chat: { id: Number(fields.chat_id), type: 'private' },
        };
      case 'setWebhook':
      case 'deleteWebhook':
      case 'setMyCommands':
      case 'sendChatAction':
      case 'answerCallbackQuery':
        return true;
      default:
        return undefined;
    }
  }

  private async poll(fields: TelegramCall['fields'], response: ServerResponse): Promise<TelegramUpdate[]> {
    const offset = Number(fields.offset ?? 0);
    while (this.pending.length > 0 && this.pending[0]!.update_id < offset) this.pending.shift();
    if (this.pending.length === 0) {
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.polls.delete(wake);
          clearTimeout(timer);
          resolve();
        };
        const timer = setTimeout(wake, Number(fields.timeout ?? 0) * 1_000);
        response.once('close', wake);
        this.polls.add(wake);
      });
    }
    return [...this.pending];
  }

  private give(path: string, response: ServerResponse): void {
    const audio = this.files.get(/([^/]+)\.oga$/.exec(path)?.[1] ?? '');
    const behaviour = this.next.get('download')?.shift();
    if (behaviour === 'hang') return;
    if (behaviour === 'cut') return void response.destroy();
    if (behaviour || !audio) return void response.writeHead(behaviour?.status ?? 404).end();
    response.writeHead(200, { 'content-type': 'application/octet-stream' });
    response.end(audio);
  }
}

function refuse(response: ServerResponse, behaviour: Exclude<TelegramBehaviour, string>): void {
  const { status, description = 'the server says no', retryAfterSeconds } = behaviour;
  const parameters =
    retryAfterSeconds === undefined ? {} : { parameters: { retry_after: retryAfterSeconds } };
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ ok: false, error_code: status, description, ...parameters }));
}

/** Fields of a JSON body or of a form; what a form has as JSON text is read as that. */
async function readFields(
  request: IncomingMessage,
  body: Buffer,
): Promise<Pick<TelegramCall, 'fields' | 'files'>> {
  const type = request.headers['content-type'] ?? '';
  if (!type.startsWith('multipart/'))
    return {
      fields: body.length === 0 ? {} : (JSON.parse(body.toString()) as TelegramCall['fields']),
      files: {},
    };
  const form = await new Response(new Uint8Array(body), { headers: { 'content-type': type } }).formData();
  const fields: Record<string, unknown> = {};
  const files: Record<string, Buffer> = {};
  for (const [name, value] of form) {
    if (typeof value === 'string') fields[name] = value;
    else files[name] = Buffer.from(await value.arrayBuffer());
  }
  return { fields, files };
}
