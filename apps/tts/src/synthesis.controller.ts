import type { Metadata } from '@grpc/grpc-js';
import { Controller, UseFilters } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import { EMPTY, type Observable } from 'rxjs';
import type { ListVoicesResponse } from '@parlance/contracts/proto/parlance/tts/v1/ListVoicesResponse';
import type { SynthesizeRequest__Output } from '@parlance/contracts/proto/parlance/tts/v1/SynthesizeRequest';
import { GrpcErrorFilter } from '@parlance/rpc';
import { SpeechEnginesService } from './engines/speech-engines.service.js';
import { SynthesisService, type SynthesizeCall } from './synthesis.service.js';

/** parlance.tts.v1.Synthesis */
@Controller()
@UseFilters(GrpcErrorFilter)
export class SynthesisController {
  constructor(
    private readonly synthesis: SynthesisService,
    private readonly engines: SpeechEnginesService,
  ) {}

  /** The service writes to the call itself, at the client's pace; Nest only ends it. */
  @GrpcMethod('Synthesis', 'Synthesize')
  async synthesize(
    request: SynthesizeRequest__Output,
    metadata: Metadata,
    call: SynthesizeCall,
  ): Promise<Observable<never>> {
    await this.synthesis.synthesize(request, metadata, call);
    return EMPTY;
  }

  @GrpcMethod('Synthesis', 'ListVoices')
  listVoices(): ListVoicesResponse {
    const voices = this.engines
      .voices()
      .map(({ aliases, ...voice }) => ({ ...voice, aliases: [...aliases] }));
    return { voices, defaultVoice: this.engines.defaultVoice() };
  }
}
