import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ended } from './support.js';

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const python = process.env.PINSAGE_SPARK_PYTHON ?? path('../../../.venv-spark/bin/python');

/** Why Spark cannot be used here; undefined where it can. */
export function missing(): string | undefined {
  if (!existsSync(python)) return 'PySpark is not installed: node scripts/setup.mjs --spark';
  if (spawnSync('java', ['-version']).status !== 0) return 'Java is not installed: node scripts/setup.mjs --spark';
  return undefined;
}

const environment = {
  ...process.env,
  // Where npm has put our commands.
  PATH: `${path('../../../node_modules/.bin')}:${process.env.PATH}`,
  PYTHONPATH: path('../python'),
  PYSPARK_PYTHON: python,
  SPARK_LOCAL_IP: '127.0.0.1',
  PYTHONWARNINGS: 'ignore',
};

/** Small data on a machine that may be busy: no web pages, no fine compilation. */
const CONF = {
  'spark.ui.enabled': 'false',
  'spark.driver.extraJavaOptions': '-XX:TieredStopAtLevel=1',
  'spark.executor.extraJavaOptions': '-XX:TieredStopAtLevel=1',
  'spark.eventLog.enabled': 'true',
  'spark.eventLog.compress': 'false',
  'spark.eventLog.rolling.enabled': 'false',
};

export interface Answer {
  said: string[];
  ids: string[];
  embeddings: number[][];
  error?: string;
}

/** Calls of embed() in one Spark session that works in a directory, and then an example in Python, which prints something. */
export async function embedOnSpark(
  cwd: string,
  conf: Record<string, string>,
  calls: object[],
  example: string,
): Promise<{ answers: Answer[]; printed: string }> {
  const driver = spawn(python, [path('drive.py')], { cwd, stdio: 'pipe', env: environment });
  driver.stdin.end(JSON.stringify({ conf: { ...CONF, ...conf }, calls, example }));
  return JSON.parse(await output(driver));
}

/** `pinsage-spark` with these arguments. @param onSaid hears what it says while it runs, and may kill it */
export async function runCommand(
  conf: Record<string, string>,
  args: string[],
  onSaid: (text: string, kill: () => void) => void = () => {},
): Promise<void> {
  const settings = Object.entries({ ...CONF, ...conf }).flatMap(([name, value]) => ['--conf', `${name}=${value}`]);
  const options = { stdio: 'pipe' as const, env: environment };
  const driver = spawn(python, ['-m', 'pinsage_spark.cli', ...args, ...settings], options);
  driver.stderr.on('data', (text) => onSaid(String(text), () => driver.kill('SIGKILL')));
  await output(driver);
}

async function output(driver: ChildProcess): Promise<string> {
  const { status, stdout, stderr } = await ended(driver);
  if (status !== 0) throw new Error(`Spark ended with status ${status}:\n${stderr.slice(-8000)}`);
  return stdout;
}

/** A standalone master and workers of one core each, on this machine. */
export async function startCluster(directory: string, workers: number) {
  const sparkClass = join(dirname(python), 'spark-class');
  const start = async (name: string, ready: RegExp, ...args: string[]) => {
    // In a group of its own, with its executors.
    const env = { ...environment, SPARK_DAEMON_MEMORY: '256m', SPARK_DAEMON_JAVA_OPTS: '-XX:TieredStopAtLevel=1' };
    const options = { stdio: ['ignore', 'ignore', 'pipe'] as ['ignore', 'ignore', 'pipe'], detached: true, env };
    const child = spawn(sparkClass, [`org.apache.spark.deploy.${name}`, ...args], options);
    let said = '';
    const match = await new Promise<RegExpExecArray>((resolve, reject) => {
      child.on('exit', (status) => reject(new Error(`${name} ended with status ${status}: ${said}`)));
      child.stderr.on('data', (chunk) => {
        said += chunk;
        const found = ready.exec(said);
        if (found) resolve(found);
      });
    });
    return { child, match };
  };
  await mkdir(directory);
  const local = ['--host', '127.0.0.1', '--port', '0', '--webui-port', '0'];
  const master = await start('master.Master', /Starting Spark master at (spark:\S+)/, ...local);
  const url = master.match[1];
  const started = await Promise.all(
    Array.from({ length: workers }, (_, i) => {
      const own = ['--cores', '1', '--memory', '600m', '--work-dir', join(directory, `worker-${i}`)];
      return start('worker.Worker', /Successfully registered with master/, ...local, ...own, url);
    }),
  );
  const processes = [master, ...started].map(({ child }) => child);
  const end = (child: ChildProcess) => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    process.kill(-child.pid!, 'SIGKILL');
  };
  return {
    url,
    /** Without a warning, and its executors with it. */
    kill: (worker: number) => end(processes[1 + worker]),
    stop: async () => {
      const exits = processes.map((child) => child.exitCode ?? child.signalCode ?? once(child, 'exit'));
      for (const child of processes) end(child);
      await Promise.all(exits);
    },
  };
}

export interface Task {
  stage: number;
  /** Shuffled rows that it read. */
  rows: number;
}

/** What a session did, by the event log that it wrote into a directory. */
export async function readLog(directory: string): Promise<{ tasks: Task[]; lostExecutors: number }> {
  const [file] = await readdir(directory);
  const lines = (await readFile(join(directory, file), 'utf8')).trimEnd().split('\n');
  const events = lines.map((line) => JSON.parse(line));
  const tasks = events
    .filter((event) => event.Event === 'SparkListenerTaskEnd' && event['Task End Reason'].Reason === 'Success')
    .map((event) => {
      return { stage: event['Stage ID'], rows: event['Task Metrics']['Shuffle Read Metrics']['Total Records Read'] };
    });
  return { tasks, lostExecutors: events.filter(({ Event }) => Event === 'SparkListenerExecutorRemoved').length };
}

/** Command lines of running processes that hold a text. */
export async function processesWith(text: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const line = await readFile(`/proc/${entry}/cmdline`, 'utf8').catch(() => '');
    if (line.includes(text)) found.push(line.replaceAll('\0', ' '));
  }
  return found;
}
