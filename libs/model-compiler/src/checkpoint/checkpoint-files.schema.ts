import { z } from 'zod';

const count = z.number().int().positive();
const tokenId = z.number().int().nonnegative();

/** config.json of a Whisper checkpoint in Hugging Face's layout: what the graphs depend on. */
export const ConfigSchema = z.object({
  model_type: z.literal('whisper'),
  d_model: count,
  encoder_layers: count,
  decoder_layers: count,
  encoder_attention_heads: count,
  decoder_attention_heads: count,
  encoder_ffn_dim: count,
  decoder_ffn_dim: count,
  num_mel_bins: z.union([z.literal(80), z.literal(128)]),
  max_source_positions: count,
  max_target_positions: count,
  vocab_size: count,
  activation_function: z.literal('gelu').default('gelu'),
  scale_embedding: z.literal(false).default(false),
  tie_word_embeddings: z.literal(true).default(true),
  suppress_tokens: z.array(tokenId).nullish(),
});
export type Config = z.infer<typeof ConfigSchema>;

/** generation_config.json; every field has a default by openai/whisper's rules. */
export const GenerationConfigSchema = z.object({
  alignment_heads: z.array(z.tuple([tokenId, tokenId])).nullish(),
  suppress_tokens: z.array(tokenId).nullish(),
  begin_suppress_tokens: z.array(tokenId).nullish(),
});
export type GenerationConfig = z.infer<typeof GenerationConfigSchema>;

/** config.json beside CTranslate2's model.bin: what generation needs. */
export const Ctranslate2ConfigSchema = z.object({
  alignment_heads: z.array(z.tuple([tokenId, tokenId])).nullish(),
  suppress_ids: z.array(tokenId).nullish(),
  suppress_ids_begin: z.array(tokenId).nullish(),
});

/** preprocessor_config.json: openai/whisper's framing is the only one the mel graph makes. */
export const PreprocessorConfigSchema = z.object({
  feature_size: count,
  sampling_rate: z.literal(16000),
  hop_length: z.literal(160),
  n_fft: z.literal(400),
});

/** tokenizer.json: byte-level BPE with added tokens. */
export const TokenizerSchema = z.object({
  added_tokens: z.array(z.object({ id: tokenId, content: z.string() })).default([]),
  model: z.object({
    vocab: z.record(z.string(), tokenId),
    merges: z.array(z.union([z.string(), z.tuple([z.string(), z.string()])])).default([]),
  }),
});
export type TokenizerFile = z.infer<typeof TokenizerSchema>;

export const ShardIndexSchema = z.object({ weight_map: z.record(z.string(), z.string().regex(/^[^/\\]+$/)) });
