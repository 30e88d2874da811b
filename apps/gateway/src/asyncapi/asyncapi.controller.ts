import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { asyncApiDocument } from './asyncapi-document.js';

/** The AsyncAPI document, which needs no key, as the OpenAPI document does not. */
@ApiTags('Documents')
@Controller('api/asyncapi.json')
export class AsyncApiController {
  /** Made when it is first asked for: few processes ever are. */
  private made: ReturnType<typeof asyncApiDocument> | undefined;

  @Get()
  @ApiOperation({ summary: 'The WebSocket APIs as an AsyncAPI 3.0 document' })
  @ApiOkResponse({ schema: { type: 'object' } })
  document(): ReturnType<typeof asyncApiDocument> {
    return (this.made ??= asyncApiDocument());
  }
}
