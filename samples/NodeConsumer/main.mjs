// node samples/NodeConsumer/main.mjs --url ws://localhost:5000/tidemark/delivery --subscription orders --member node-1 --ledger orders.jsonl
//
// Receives a subscription that keeps its own tokens, and writes every event into a file, each once, however often it is killed. The key, if
// one is needed, is in TIDEMARK_KEY. Ctrl+C leaves in order.
import process from 'node:process';
import { parseArgs } from 'node:util';
import { Consumer, Refused } from './consumer.mjs';
import { Ledger } from './ledger.mjs';

const names = ['url', 'subscription', 'member', 'ledger'];
const { values } = parseArgs({ options: Object.fromEntries(names.map((name) => [name, { type: 'string' }])) });
const missing = names.filter((name) => !values[name]);
if (missing.length > 0) {
  console.error(`Missing: ${missing.map((name) => `--${name}`).join(' ')}. See the head of samples/NodeConsumer/main.mjs.`);
  process.exit(2);
}

const store = new Ledger(values.ledger);
console.log(`${values.ledger} holds ${store.count} events`);
const consumer = new Consumer({ ...values, key: process.env.TIDEMARK_KEY, store, log: (line) => console.log(line) });
process.on('SIGINT', () => consumer.stop());
process.on('SIGTERM', () => consumer.stop());
try {
  await consumer.run();
} catch (error) {
  if (!(error instanceof Refused)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
store.close();
console.log(`${values.ledger} holds ${store.count} events`);
