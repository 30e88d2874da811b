import type {
  Degradation,
  StreamingRecognizeRequest,
  StreamingRecognizeResponse__Output,
} from '@parlance/contracts';

/** What recognition says of a live stream. */
export interface RecognitionEvent extends StreamingRecognizeResponse__Output {
  /** Of a final: what recognised in place of the pods. */
  readonly degraded?: readonly Degradation[];
}

/** One live stream, whoever recognises it: audio in at the pace it is taken, events out. Iterate once. */
export interface LiveStream extends AsyncIterable<RecognitionEvent> {
  /** Resolves when there is room for more. */
  send(request: StreamingRecognizeRequest): Promise<void>;
  /** No more audio; the last finals and the summary follow. */
  end(): void;
  /** Frees what is held for the stream. */
  cancel(): void;
}
