// node server.mjs RUN [PORT]
import { RecommenderSlot } from '@pinsage/inference';
import { createApp } from './app.mjs';

const [run, port = '3000'] = process.argv.slice(2);
const app = createApp(await RecommenderSlot.open(run), { logger: true });
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => app.close());
await app.listen({ port: Number(port) });
