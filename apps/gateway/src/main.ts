import 'reflect-metadata';
import { runProcess } from '#libs/config';
import { gatewaySchema } from './gateway.config.js';
import { SERVICE, startGateway } from './start-gateway.js';

await runProcess({ name: SERVICE, schema: gatewaySchema, start: startGateway });
