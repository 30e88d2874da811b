import {
  countRateOf,
  highestOf,
  meanOf,
  quantileOf,
  query,
  rateOf,
  series,
  sumOf,
  type DashboardPlan,
} from './panels.ts';

const FAILED = 'status=~"5.."';
const LIVE = 'kind="live"';

/** Whether the platform keeps its promises, how busy it is, and what is broken. */
export const OVERVIEW: DashboardPlan = {
  uid: 'parlance-overview',
  title: 'Parlance: overview',
  reading: 'Whether the platform keeps its promises, how busy it is, and what is broken.',
  rows: [
    {
      title: 'Promises',
      panels: [
        {
          title: 'Requests that do not fail',
          reading: 'Promised: 99.5 %. Answers of 5xx are failures.',
          unit: 'percentunit',
          isNumber: true,
          queries: [
            query(
              `1 - (${countRateOf('parlance_gateway_request_seconds', [], FAILED)} or vector(0)) / ${countRateOf('parlance_gateway_request_seconds')}`,
              'available',
            ),
          ],
        },
        {
          title: 'First audio of a reply',
          reading: 'Promised: 95 of 100 within 2.5 s of the end of what was said.',
          unit: 's',
          isNumber: true,
          queries: [query(quantileOf(0.95, 'parlance_turn_first_audio_seconds'), '95 of 100')],
        },
        {
          title: 'Real-time factor of recognition',
          reading: 'Promised: 99 of 100 finals below 0.5; at 1 streams fall behind their speakers.',
          unit: 'short',
          isNumber: true,
          queries: [query(quantileOf(0.99, 'parlance_recognition_rtf', [], 'kind="final"'), '99 of 100')],
        },
        {
          title: 'Live streams of the capacity',
          reading: 'At 90 % more pods are needed.',
          unit: 'percentunit',
          isNumber: true,
          queries: [
            query(
              `${sumOf('parlance_inference_active_streams', [], LIVE)} / sum (max by (pod) (${series('parlance_inference_live_capacity')}))`,
              'in use',
            ),
          ],
        },
      ],
    },
    {
      title: 'Traffic',
      panels: [
        {
          title: 'Requests by route',
          reading: 'Which API is used, and how much.',
          unit: 'reqps',
          queries: [
            query(
              `topk(10, ${countRateOf('parlance_gateway_request_seconds', ['method', 'route'])})`,
              '{{method}} {{route}}',
            ),
          ],
        },
        {
          title: 'Failed requests by route',
          reading: 'Where answers of 5xx come from.',
          unit: 'reqps',
          queries: [
            query(
              countRateOf('parlance_gateway_request_seconds', ['route', 'status'], FAILED),
              '{{route}} {{status}}',
            ),
          ],
        },
        {
          title: 'Duration by route',
          reading: '95 of 100 requests take no longer.',
          unit: 's',
          queries: [
            query(
              `topk(10, ${quantileOf(0.95, 'parlance_gateway_request_seconds', ['route'])})`,
              '{{route}}',
            ),
          ],
        },
        {
          title: 'gRPC calls by method',
          reading: 'Calls between the services, and of clients.',
          unit: 'reqps',
          queries: [
            query(rateOf('parlance_rpc_requests_total', ['method', 'status']), '{{method}} {{status}}'),
          ],
        },
        {
          title: 'Faults of gRPC calls',
          reading: 'Why calls fail, by the stable code of the fault.',
          unit: 'reqps',
          queries: [query(rateOf('parlance_rpc_server_faults_total', ['code']), '{{code}}')],
        },
        {
          title: 'Open connections',
          reading: 'Clients that stream, by the API that they speak; recordings that are being recognised.',
          unit: 'short',
          queries: [
            query(sumOf('parlance_gateway_voice_sockets'), 'Socket.IO'),
            query(sumOf('parlance_gateway_listen_sockets'), '/v1/listen'),
            query(sumOf('parlance_gateway_learn_sockets'), '/v1/learn'),
            query(sumOf('parlance_gateway_stream_sockets'), '/v1/stream'),
            query(sumOf('parlance_gateway_realtime_sockets'), '/v1/realtime'),
            query(sumOf('parlance_gateway_speak_sockets'), '/v1/speak'),
            query(sumOf('parlance_gateway_recognitions'), 'recordings'),
          ],
        },
      ],
    },
    {
      title: 'What is broken',
      panels: [
        {
          title: 'Faults and lost workers',
          reading: 'Faults of the program, workers that were replaced, repeated work that failed.',
          unit: 'ops',
          queries: [
            query(rateOf('parlance_process_faults_total', ['pod']), 'fault in {{pod}}'),
            query(rateOf('parlance_spans_dropped_total', ['pod']), 'spans dropped in {{pod}}'),
            query(rateOf('parlance_inference_workers_lost_total', ['lane']), 'worker of {{lane}}'),
            query(rateOf('parlance_tts_workers_lost_total', ['model']), 'worker of {{model}}'),
            query(rateOf('parlance_work_failures_total', ['work']), '{{work}}'),
          ],
        },
        {
          title: 'Open breakers',
          reading: 'Providers and stores that are being left alone, in how many processes.',
          unit: 'short',
          queries: [query(sumOf('parlance_breakers_open', ['callee']), '{{callee}}')],
        },
        {
          title: 'Peers',
          reading:
            'Processes of each service that gateways know, calls that wait for one, and peers left alone.',
          unit: 'short',
          queries: [
            query(`min by (service) (${series('parlance_rpc_peers')})`, '{{service}}'),
            query(sumOf('parlance_rpc_waiting_calls', ['service']), 'waiting for {{service}}'),
            query(rateOf('parlance_rpc_ejections_total', ['service']), 'ejected of {{service}}, per second'),
          ],
        },
        {
          title: 'Days until certificates expire',
          reading: 'A renewed certificate is used while the pods run.',
          unit: 'd',
          queries: [
            query(
              `(min by (subject) (${series('parlance_certificate_expiry_timestamp_seconds')}) - time()) / 86400`,
              '{{subject}}',
            ),
          ],
        },
      ],
    },
    {
      title: 'Processes',
      panels: [
        {
          title: 'Processors in use',
          reading: 'Saturation of the pods.',
          unit: 'short',
          queries: [
            query(`sum by (pod) (rate(${series('process_cpu_seconds_total')}[$__rate_interval]))`, '{{pod}}'),
          ],
        },
        {
          title: 'Memory',
          reading: 'To be held against the limits of the pods.',
          unit: 'bytes',
          queries: [query(`sum by (pod) (${series('process_resident_memory_bytes')})`, '{{pod}}')],
        },
        {
          title: 'Event-loop delay',
          reading: '99 of 100 turns of the event loop wait no longer.',
          unit: 's',
          queries: [query(`max by (pod) (${series('nodejs_eventloop_lag_p99_seconds')})`, '{{pod}}')],
        },
      ],
    },
  ],
};

/** In which part of its path a turn waits. */
export const TURN: DashboardPlan = {
  uid: 'parlance-turn',
  title: "Parlance: a turn's path",
  reading: 'In which part of its path a turn waits: speech, text, reply, voice.',
  rows: [
    {
      title: 'What a person waits for',
      panels: [
        {
          title: 'First interim',
          reading: 'From the start of speech to the first words; it contains the speech that they need.',
          unit: 's',
          queries: both('parlance_recognition_first_interim_seconds'),
        },
        {
          title: 'End of speech to final',
          reading: 'From the endpoint to the final.',
          unit: 's',
          queries: both('parlance_recognition_final_delay_seconds'),
        },
        {
          title: 'First audio of the reply',
          reading: 'From the final to the first audio.',
          unit: 's',
          queries: both('parlance_turn_first_audio_seconds'),
        },
      ],
    },
    {
      title: 'Stages',
      panels: [
        {
          title: 'Stages of a turn',
          reading: 'From the end of one stage to the end of the next; 95 of 100 take no longer.',
          unit: 's',
          queries: [query(quantileOf(0.95, 'parlance_turn_latency_seconds', ['stage']), '{{stage}}')],
        },
        {
          title: 'Recognition',
          reading: 'Time of one recognition; 95 of 100 take no longer.',
          unit: 's',
          queries: [query(quantileOf(0.95, 'parlance_recognition_seconds', ['kind']), '{{kind}}')],
        },
        {
          title: 'Speech by its origin',
          reading:
            'What is spoken anew (voice), taken from the store, or shared with a request at the same time.',
          unit: 'ops',
          queries: [query(rateOf('parlance_speech_requests_total', ['source']), '{{source}}')],
        },
      ],
    },
    {
      title: 'Between the services',
      panels: [
        {
          title: 'Waiting in the queue',
          reading: 'From a message to its first delivery; 95 of 100 wait no longer.',
          unit: 's',
          queries: [query(quantileOf(0.95, 'parlance_messages_wait_seconds', ['subject']), '{{subject}}')],
        },
        {
          title: 'Lag of the consumers',
          reading: 'Messages that nobody has been given yet, and messages in hand.',
          unit: 'short',
          queries: [
            query(highestOf('parlance_messages_pending', ['subject']), '{{subject}} waiting'),
            query(highestOf('parlance_messages_unacknowledged', ['subject']), '{{subject}} in hand'),
          ],
        },
        {
          title: 'Messages by what became of them',
          reading: 'handled; retried or postponed; dead_lettered work failed for good.',
          unit: 'ops',
          queries: [
            query(rateOf('parlance_messages_total', ['subject', 'outcome']), '{{subject}} {{outcome}}'),
            query(rateOf('parlance_messages_redelivered_total', ['subject']), '{{subject}} redelivered'),
          ],
        },
        {
          title: 'Recordings of turns and sessions',
          reading:
            'Recordings that were lost, which costs no turn, and recordings of sessions that were joined.',
          unit: 'ops',
          queries: [
            query(rateOf('parlance_turn_recordings_lost_total'), 'lost'),
            query(rateOf('parlance_session_recordings_joined_total'), 'joined'),
          ],
        },
      ],
    },
  ],
};

/** Whether more pods or GPUs are needed, and how good the texts are. */
export const INFERENCE: DashboardPlan = {
  uid: 'parlance-inference',
  title: 'Parlance: inference capacity',
  reading: 'Whether more pods or GPUs are needed, and how good the texts are.',
  rows: [
    {
      title: 'Capacity',
      panels: [
        {
          title: 'Live streams and capacity',
          reading: 'Streams in progress against what the pods hold in real time.',
          unit: 'short',
          queries: [
            query(sumOf('parlance_inference_active_streams', [], LIVE), 'streams'),
            query(`sum (max by (pod) (${series('parlance_inference_live_capacity')}))`, 'capacity'),
          ],
        },
        {
          title: 'Calls by pod',
          reading: 'Whether the load is spread over the pods.',
          unit: 'short',
          queries: [query(sumOf('parlance_inference_active_streams', ['pod', 'kind']), '{{pod}} {{kind}}')],
        },
        {
          title: 'Refused streams',
          reading: 'Clients that were turned away for want of capacity.',
          unit: 'ops',
          queries: [query(rateOf('parlance_inference_refused_streams_total', ['pod']), '{{pod}}')],
        },
      ],
    },
    {
      title: 'Saturation',
      panels: [
        {
          title: 'Waiting for a worker',
          reading: '95 of 100 jobs wait no longer.',
          unit: 's',
          queries: [
            query(
              quantileOf(0.95, 'parlance_inference_queue_wait_seconds', ['lane', 'priority']),
              '{{lane}} {{priority}}',
            ),
          ],
        },
        {
          title: 'Real-time factor',
          reading: '95 of 100 recognitions stay below; at 1 a stream falls behind its speaker.',
          unit: 'short',
          queries: [query(quantileOf(0.95, 'parlance_recognition_rtf', ['kind']), '{{kind}}')],
        },
        {
          title: 'Rows decoded together',
          reading: 'The mean size of a batch.',
          unit: 'short',
          queries: [query(meanOf('parlance_inference_batch_rows'), 'rows')],
        },
        {
          title: 'Seconds of each stage in a second',
          reading: 'What recognition spends its time on.',
          unit: 's',
          queries: [
            query(
              `sum by (stage) (rate(${series('parlance_inference_stage_seconds_sum')}[$__rate_interval]))`,
              '{{stage}}',
            ),
          ],
        },
      ],
    },
    {
      title: 'Models',
      panels: [
        {
          title: 'Pods that have a model ready',
          reading: 'Fewer than there are pods: models are being loaded, or cannot be.',
          unit: 'short',
          queries: [query(sumOf('parlance_inference_model_ready', ['model']), '{{model}}')],
        },
        {
          title: 'Where models run',
          reading: 'A model that was to run on a GPU and runs on the CPU is slow.',
          unit: 'short',
          queries: [
            query(
              sumOf('parlance_inference_provider', ['model', 'provider', 'requested']),
              '{{model}} {{provider}} for {{requested}}',
            ),
          ],
        },
        {
          title: 'Memory of models',
          reading: 'Estimated from their files, and how many there are.',
          unit: 'bytes',
          queries: [
            query(sumOf('parlance_inference_models_bytes', ['pod']), '{{pod}}'),
            query(sumOf('parlance_inference_models_loaded', ['pod']), 'models in {{pod}}'),
          ],
        },
        {
          title: 'Time to load a model',
          reading: 'From the beginning of a load to a warm model; the mean of the loads of this time.',
          unit: 's',
          queries: [query(meanOf('parlance_inference_model_load_seconds', ['model']), '{{model}}')],
        },
      ],
    },
    {
      title: 'Quality',
      panels: [
        {
          title: 'How sure the texts are',
          reading:
            "The probability of a text's tokens; the middle text, and that which 10 of 100 stay below.",
          unit: 'percentunit',
          queries: [
            query(quantileOf(0.5, 'parlance_recognition_probability', ['kind']), '{{kind}} middle'),
            query(quantileOf(0.1, 'parlance_recognition_probability', ['kind']), '{{kind}} lowest tenth'),
          ],
        },
        {
          title: 'Doubtful texts',
          reading:
            'Findings per text: higher temperatures, no speech, repetition, second decodes, texts in silence.',
          unit: 'percentunit',
          queries: [
            query(
              `${rateOf('parlance_recognition_findings_total', ['kind', 'finding'])} / on (kind) group_left () ${countRateOf('parlance_recognition_probability', ['kind'])}`,
              '{{kind}} {{finding}}',
            ),
          ],
        },
        {
          title: 'Assessments',
          reading: '95 of 100 take less, without their recognition; those without a score have a reason.',
          unit: 's',
          queries: [
            query(
              quantileOf(0.95, 'parlance_assessment_seconds', ['mode', 'outcome']),
              '{{mode}} {{outcome}}',
            ),
          ],
        },
        {
          title: 'Sign letters',
          reading: '95 of 100 images take less; `no_hand` and `refused` got a coded refusal.',
          unit: 's',
          queries: [query(quantileOf(0.95, 'parlance_sign_seconds', ['outcome']), '{{outcome}}')],
        },
      ],
    },
  ],
};

/** The middle value of a histogram, and what 95 of 100 do not exceed. */
function both(name: Parameters<typeof quantileOf>[1]) {
  return [query(quantileOf(0.5, name), 'middle'), query(quantileOf(0.95, name), '95 of 100')];
}
