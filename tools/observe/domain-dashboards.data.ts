import { meanOf, quantileOf, query, rateOf, sumOf, type DashboardPlan } from './panels.ts';

/** Language models, voices and other providers that a conversation depends on. */
export const PROVIDERS: DashboardPlan = {
  uid: 'parlance-providers',
  title: 'Parlance: conversation providers',
  reading: 'Whether language models, voices and other providers answer, and what is done in their place.',
  rows: [
    {
      title: 'Language models',
      panels: [
        {
          title: 'Tokens by model',
          reading: 'What is read and written, by the count of the servers.',
          unit: 'ops',
          queries: [query(rateOf('parlance_llm_tokens_total', ['model', 'kind']), '{{model}} {{kind}}')],
        },
        {
          title: 'Tokens by purpose',
          reading: 'Replies, feedback, evaluations, summaries, practice.',
          unit: 'ops',
          queries: [query(rateOf('parlance_llm_tokens_total', ['purpose']), '{{purpose}}')],
        },
        {
          title: 'Cost by model',
          reading: 'In an hour, in the currency of the configured prices.',
          unit: 'short',
          queries: [query(`3600 * ${rateOf('parlance_llm_cost_total', ['model'])}`, '{{model}}')],
        },
        {
          title: 'Time of a reply',
          reading: 'From a transcript to the whole reply; 95 of 100 take no longer.',
          unit: 's',
          queries: [
            query(
              quantileOf(0.95, 'parlance_turn_latency_seconds', ['stage'], 'stage="conversation"'),
              '{{stage}}',
            ),
          ],
        },
      ],
    },
    {
      title: 'Where something else answers',
      panels: [
        {
          title: 'Fallbacks',
          reading: 'Work that was done by the next link of its chain.',
          unit: 'ops',
          queries: [
            query(
              rateOf('parlance_fallbacks_total', ['stage', 'from', 'to']),
              '{{stage}}: {{from}} to {{to}}',
            ),
          ],
        },
        {
          title: 'Open breakers',
          reading: 'Providers that are being left alone, in how many processes.',
          unit: 'short',
          queries: [query(sumOf('parlance_breakers_open', ['callee']), '{{callee}}')],
        },
        {
          title: 'Moderation',
          reading: 'passed, flagged, or unknown where the service does not answer.',
          unit: 'ops',
          queries: [query(rateOf('parlance_moderation_total', ['verdict']), '{{verdict}}')],
        },
        {
          title: 'Closing summaries',
          reading: 'By what wrote them.',
          unit: 'ops',
          queries: [query(rateOf('parlance_closing_summaries_total', ['model']), '{{model}}')],
        },
      ],
    },
    {
      title: 'Voices',
      panels: [
        {
          title: 'Speech cache',
          reading: 'Share of texts that were spoken before, or at the same time for another.',
          unit: 'percentunit',
          queries: [
            query(
              `${rateOf('parlance_speech_requests_total', [], 'source!="voice"')} / ${rateOf('parlance_speech_requests_total')}`,
              'hit',
            ),
          ],
        },
        {
          title: 'Removed from the cache',
          reading: 'Many removals and few hits: the cache is too small.',
          unit: 'ops',
          queries: [query(rateOf('parlance_speech_evicted_total'), 'removed')],
        },
        {
          title: 'Lost workers of voices',
          reading: 'A voice model that hangs or crashes.',
          unit: 'ops',
          queries: [query(rateOf('parlance_tts_workers_lost_total', ['model']), '{{model}}')],
        },
      ],
    },
    {
      title: 'Telegram',
      panels: [
        {
          title: 'Calls of the Bot API',
          reading: 'What Telegram refuses or slows down.',
          unit: 'ops',
          queries: [
            query(rateOf('parlance_telegram_calls_total', ['method', 'outcome']), '{{method}} {{outcome}}'),
          ],
        },
        {
          title: 'Updates',
          reading: 'By what became of them, and how many are being worked on.',
          unit: 'ops',
          queries: [
            query(rateOf('parlance_telegram_updates_total', ['outcome']), '{{outcome}}'),
            query(sumOf('parlance_telegram_updates_running'), 'running'),
          ],
        },
        {
          title: 'Time of an update',
          reading: '95 of 100 take no longer.',
          unit: 's',
          queries: [query(quantileOf(0.95, 'parlance_telegram_update_seconds'), '95 of 100')],
        },
        {
          title: 'Voice messages',
          reading: 'By what became of them.',
          unit: 'ops',
          queries: [query(rateOf('parlance_telegram_answers_total', ['outcome']), '{{outcome}}')],
        },
      ],
    },
  ],
};

/** Who uses the platform, and who meets a limit. */
export const TENANTS: DashboardPlan = {
  uid: 'parlance-tenants',
  title: 'Parlance: tenants',
  reading:
    'Who uses the platform, what it costs, and who meets a limit. Beyond 1,000 tenants they are "others".',
  rows: [
    {
      title: 'Use',
      panels: [
        {
          title: 'Minutes of audio in a minute',
          reading: 'How many speakers each tenant has at once, on average.',
          unit: 'short',
          queries: [query(`topk(20, ${rateOf('parlance_audio_seconds_total', ['tenant'])})`, '{{tenant}}')],
        },
        {
          title: 'Tokens',
          reading: 'Of language models, in a second.',
          unit: 'ops',
          queries: [query(`topk(20, ${rateOf('parlance_llm_tokens_total', ['tenant'])})`, '{{tenant}}')],
        },
        {
          title: 'Cost',
          reading: 'Of language models, in an hour.',
          unit: 'short',
          queries: [query(`topk(20, 3600 * ${rateOf('parlance_llm_cost_total', ['tenant'])})`, '{{tenant}}')],
        },
      ],
    },
    {
      title: 'Limits',
      panels: [
        {
          title: 'Refused by a limit',
          reading: "By the limit and whose it is: a tenant's, a key's, a learner's.",
          unit: 'ops',
          queries: [
            query(rateOf('parlance_quota_refusals_total', ['quota', 'scope']), '{{quota}} of {{scope}}'),
          ],
        },
        {
          title: 'Sessions that ended',
          reading: 'By whom: the user, a time limit, a newer session.',
          unit: 'ops',
          queries: [query(rateOf('parlance_gateway_sessions_ended_total', ['by']), '{{by}}')],
        },
        {
          title: 'Objects removed by a limit',
          reading: 'The size or the age that the store may have.',
          unit: 'ops',
          queries: [query(rateOf('parlance_objects_removed_total', ['limit']), '{{limit}}')],
        },
      ],
    },
    {
      title: 'Whether reports are complete',
      panels: [
        {
          title: 'Lost counts',
          reading: 'Usage that is not counted, and activities that analytics will not have.',
          unit: 'ops',
          queries: [
            query(rateOf('parlance_usage_uncounted_total'), 'usage'),
            query(rateOf('parlance_activity_lost_total'), 'activities'),
          ],
        },
        {
          title: 'Mails',
          reading: 'Attempts, by what came of them.',
          unit: 'ops',
          queries: [query(rateOf('parlance_mails_total', ['outcome']), '{{outcome}}')],
        },
      ],
    },
  ],
};

/** Whether the operator can bring its objects to their wanted state. */
export const OPERATOR: DashboardPlan = {
  uid: 'parlance-operator',
  title: 'Parlance: operator',
  reading:
    'Whether the operator can bring its objects to their wanted state, and knows the load of its pods.',
  rows: [
    {
      title: 'Reconciles',
      panels: [
        {
          title: 'Reconciles by what became of them',
          reading: 'done; conflict and throttled pass; forbidden, failed and fault want a look at the log.',
          unit: 'ops',
          queries: [
            query(
              rateOf('parlance_operator_reconciles_total', ['controller', 'outcome']),
              '{{controller}} {{outcome}}',
            ),
          ],
        },
        {
          title: 'Time of a reconcile',
          reading: 'The mean, and what 95 of 100 do not exceed.',
          unit: 's',
          queries: [
            query(meanOf('parlance_operator_reconcile_seconds', ['controller']), '{{controller}} mean'),
            query(
              quantileOf(0.95, 'parlance_operator_reconcile_seconds', ['controller']),
              '{{controller}} 95 of 100',
            ),
          ],
        },
      ],
    },
    {
      title: 'API server',
      panels: [
        {
          title: 'Requests',
          reading: 'By verb and status.',
          unit: 'reqps',
          queries: [
            query(rateOf('parlance_operator_api_requests_total', ['verb', 'status']), '{{verb}} {{status}}'),
          ],
        },
        {
          title: 'Watches that began anew',
          reading: 'By the reason; many are a connection that breaks off.',
          unit: 'ops',
          queries: [
            query(
              rateOf('parlance_operator_watch_restarts_total', ['resource', 'reason']),
              '{{resource}} {{reason}}',
            ),
          ],
        },
      ],
    },
    {
      title: 'Load',
      panels: [
        {
          title: "Readings of pods' metrics",
          reading: 'Models are scaled by what is read.',
          unit: 'ops',
          queries: [query(rateOf('parlance_operator_scrapes_total', ['outcome']), '{{outcome}}')],
        },
        {
          title: 'Requests of the autoscaler',
          reading: 'To the API of external metrics, by status.',
          unit: 'reqps',
          queries: [query(rateOf('parlance_operator_metrics_api_requests_total', ['status']), '{{status}}')],
        },
      ],
    },
  ],
};
