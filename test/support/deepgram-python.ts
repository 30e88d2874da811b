import { PythonClient } from './python-client.js';

/** The major versions of Deepgram's Python client: what many programs still pin, and the newest. */
export const DEEPGRAM_PYTHON_VERSIONS = ['3.11.0', '4.8.1', '7.17.0'] as const;

const COMMON = `
import json, os, sys, threading, time
key, url = os.environ['DEEPGRAM_API_KEY'], os.environ['PARLANCE_URL']

def frames(pcm):
    """100 ms each, eight times as fast as they were spoken."""
    for at in range(0, len(pcm), 3200):
        yield pcm[at:at + 3200]
        time.sleep(0.0125)

def read(path):
    with open(path, 'rb') as file:
        return file.read()

def summary(results, others):
    finals = [r.channel.alternatives[0] for r in results if r.is_final]
    return {'text': ' '.join(f.transcript for f in finals), 'words': [w.word for f in finals for w in f.words],
            'interims': sum(not r.is_final for r in results), 'others': others}
`;

/** Versions 3 and 4: options are objects, and events have handlers. */
const LEGACY = `
from deepgram import *

def client_of(key):
    return DeepgramClient(key, DeepgramClientOptions(url=url))

client = client_of(key)

def transcribe(path, client=client, **options):
    return client.listen.rest.v('1').transcribe_file({'buffer': read(path)}, PrerecordedOptions(**options))

def transcribe_url(address, **options):
    return client.listen.rest.v('1').transcribe_url({'url': address}, PrerecordedOptions(**options))

def listen(pcm, **options):
    live, results, others, finalized = client.listen.websocket.v('1'), [], [], threading.Event()
    def result_came(_, result, **rest):
        results.append(result)
        if result.from_finalize:
            finalized.set()
    live.on(LiveTranscriptionEvents.Transcript, result_came)
    live.on(LiveTranscriptionEvents.SpeechStarted, lambda _, speech_started, **rest: others.append(speech_started.type))
    live.on(LiveTranscriptionEvents.UtteranceEnd, lambda _, utterance_end, **rest: others.append(utterance_end.type))
    live.on(LiveTranscriptionEvents.Metadata, lambda _, metadata, **rest: others.append(metadata.type))
    live.on(LiveTranscriptionEvents.Unhandled, lambda _, unhandled, **rest: others.append(unhandled.raw))
    live.on(LiveTranscriptionEvents.Error, lambda _, error, **rest: others.append(error.to_dict()))
    assert live.start(LiveOptions(**options))
    for frame in frames(pcm):
        live.send(frame)
    live.finalize()
    finalized.wait(60)
    live.finish()
    return summary(results, others)

def speak(text, client=client, **options):
    return client.speak.rest.v('1').stream_memory({'text': text}, SpeakRESTOptions(**options)).stream.getvalue()

def speak_live(texts, **options):
    live, audio, others, flushed = client.speak.websocket.v('1'), [], [], threading.Event()
    live.on(SpeakWebSocketEvents.AudioData, lambda _, data, **rest: audio.append(data))
    live.on(SpeakWebSocketEvents.Metadata, lambda _, metadata, **rest: others.append(metadata.type))
    live.on(SpeakWebSocketEvents.Unhandled, lambda _, unhandled, **rest: others.append(unhandled.raw))
    live.on(SpeakWebSocketEvents.Error, lambda _, error, **rest: others.append(error.to_dict()))
    live.on(SpeakWebSocketEvents.Flushed, lambda *_, **rest: flushed.set())
    assert live.start(SpeakWSOptions(**options))
    for text in texts:
        live.send_text(text)
    live.flush()
    flushed.wait(60)
    live.finish()
    return {'seconds': len(b''.join(audio)) / 48000, 'others': others}

def refusal(ask, *args, **options):
    try:
        ask(*args, **options)
    except DeepgramApiError as error:
        return [int(error.status), error.message]

def socket_refusal():
    """The client says no more than that it has not started."""
    return client_of('wrong').listen.websocket.v('1').start(LiveOptions(model='nova-3')) or 401
`;

/** Version 7: options are arguments. */
const NEWEST = `
from deepgram import DeepgramClient, DeepgramClientEnvironment
from deepgram.core.api_error import ApiError
from deepgram.core.events import EventType
from deepgram.speak.v1.types import SpeakV1Text
from websockets.exceptions import InvalidStatus

def client_of(key):
    sockets = url.replace('http', 'ws')
    environment = DeepgramClientEnvironment(base=url, production=sockets, agent=sockets, agent_rest=url)
    return DeepgramClient(api_key=key, environment=environment, max_retries=0)

client = client_of(key)

def transcribe(path, client=client, **options):
    return client.listen.v1.media.transcribe_file(request=read(path), **options)

def transcribe_url(address, **options):
    return client.listen.v1.media.transcribe_url(url=address, **options)

def listen(pcm, **options):
    results, others, finalized = [], [], threading.Event()
    def message_came(message):
        if message.type != 'Results':
            return others.append(message.type)
        results.append(message)
        if message.from_finalize:
            finalized.set()
    with client.listen.v1.connect(**options) as live:
        live.on(EventType.MESSAGE, message_came)
        live.on(EventType.ERROR, lambda error: others.append(str(error)))
        listening = threading.Thread(target=live.start_listening)
        listening.start()
        for frame in frames(pcm):
            live.send_media(frame)
        live.send_finalize()
        finalized.wait(60)
        live.send_close_stream()
        listening.join(60)
    return summary(results, others)

def speak(text, client=client, **options):
    return b''.join(client.speak.v1.audio.generate(text=text, **options))

def speak_live(texts, **options):
    audio, others, flushed = [], [], threading.Event()
    def message_came(message):
        if isinstance(message, bytes):
            return audio.append(message)
        if message.type == 'Flushed':
            return flushed.set()
        others.append(message.type)
    with client.speak.v1.connect(**options) as live:
        live.on(EventType.MESSAGE, message_came)
        live.on(EventType.ERROR, lambda error: others.append(str(error)))
        listening = threading.Thread(target=live.start_listening)
        listening.start()
        for text in texts:
            live.send_text(SpeakV1Text(type='Speak', text=text))
        live.send_flush()
        flushed.wait(60)
        live.send_close()
        listening.join(60)
    return {'seconds': len(b''.join(audio)) / 48000, 'others': others}

def refusal(ask, *args, **options):
    try:
        ask(*args, **options)
    except ApiError as error:
        return [error.status_code, dict(error.body)['err_msg']]

def socket_refusal():
    """The library that it opens sockets by raises this, whoever answers so."""
    try:
        with client_of('wrong').listen.v1.connect(model='nova-3'):
            return None
    except InvalidStatus as error:
        return error.response.status_code
`;

/** Deepgram's Python client in a virtual environment of its own. */
export class DeepgramPython {
  private constructor(
    private readonly client: PythonClient,
    private readonly prelude: string,
  ) {}

  static async prepare(version: string, url: string, key: string): Promise<DeepgramPython> {
    const [major = ''] = version.split('.');
    const environment = {
      name: `deepgram-${major}`,
      module: 'deepgram',
      packages: [`deepgram-sdk==${version}`],
    };
    const client = await PythonClient.prepare(environment, { PARLANCE_URL: url, DEEPGRAM_API_KEY: key });
    return new DeepgramPython(client, `${COMMON}${Number(major) < 5 ? LEGACY : NEWEST}`);
  }

  /** The value of an expression that may use the functions above, the same for every version. */
  value(expression: string, ...args: string[]): Promise<unknown> {
    return this.client.run(`${this.prelude}\nprint(json.dumps(${expression}))`, ...args);
  }

  /** Runs a program as people write it. @returns what it prints */
  print(program: string, ...args: string[]): Promise<string> {
    return this.client.print(program, ...args);
  }
}
