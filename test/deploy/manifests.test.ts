import { dirname } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { check } from '../../src/cli/check.ts';
import { parseDuration } from '../../src/model/duration.ts';
import { dockerfile, documentOf, documentsOf, pathOf, textOf, yamlFiles } from './files.ts';
import * as shapes from './shapes.ts';

const CONFIGS = ['deploy/config/config.yaml', 'deploy/kubernetes/base/config.yaml'] as const;
const KUBERNETES = {
  'deploy/kubernetes/base/kustomization.yaml': shapes.kustomization,
  'deploy/kubernetes/base/network-policy.yaml': shapes.networkPolicy,
  'deploy/kubernetes/base/volume.yaml': shapes.claim,
  'deploy/kubernetes/daemon/deployment.yaml': shapes.deployment,
  'deploy/kubernetes/daemon/kustomization.yaml': shapes.kustomization,
  'deploy/kubernetes/daemon/service.yaml': shapes.service,
  'deploy/kubernetes/one-shot/cron-job.yaml': shapes.cronJob,
  'deploy/kubernetes/one-shot/kustomization.yaml': shapes.kustomization,
};

const compose = () => shapes.compose.parse(documentOf('deploy/compose.yaml'));
const deployment = () => shapes.deployment.parse(documentOf('deploy/kubernetes/daemon/deployment.yaml'));
const cronJob = () => shapes.cronJob.parse(documentOf('deploy/kubernetes/one-shot/cron-job.yaml'));
const pods = () => ({
  daemon: deployment().spec.template,
  'one-shot': cronJob().spec.jobTemplate.spec.template,
});
const { version } = JSON.parse(textOf('package.json')) as { version: string };
const image = `rosterd:${version}`;

describe('each file', () => {
  test.each(yamlFiles)('%s is YAML without a warning', (path) => {
    expect(documentsOf(path).length).toBeGreaterThan(0);
  });

  test.each(Object.entries(KUBERNETES))('%s has its shape', (path, shape) => {
    expect(shape.safeParse(documentOf(path)).error?.issues ?? []).toEqual([]);
  });

  test('compose.yaml has its shape', () => {
    expect(shapes.compose.safeParse(documentOf('deploy/compose.yaml')).error?.issues ?? []).toEqual([]);
  });

  test('no file is left out here', () => {
    const known = [...CONFIGS, ...Object.keys(KUBERNETES), 'deploy/compose.yaml'];
    expect(yamlFiles.filter((path) => !path.startsWith('deploy/prometheus/'))).toEqual(known.sort());
  });

  test.each(CONFIGS)('%s is a configuration without fault', async (path) => {
    const out = new PassThrough();
    const io = { out, err: new PassThrough(), in: Readable.from([]), env: {}, cwd: dirname(pathOf(path)) };
    const exit = await check({}, io);
    expect({ exit, out: String(out.read()) }).toEqual({ exit: 0, out: expect.stringMatching(/: ok, 1 source/) });
  });

  test('the ServiceMonitor in a comment is YAML', () => {
    const comment = textOf('deploy/kubernetes/daemon/service.yaml').split('# ---\n')[1]?.replaceAll(/^# ?/gm, '');
    expect(comment).toMatch(/^ {4}- port: http\n {6}path: \/metrics$/m);
  });
});

describe('numbers, names and paths are the same everywhere', () => {
  test('the user', () => {
    const unit = textOf('deploy/systemd/rosterd.sysusers');
    const users = [dockerfile('USER'), compose().services.rosterd.user, /^u rosterd (\S+)/m.exec(unit)?.[1]];
    for (const { spec } of Object.values(pods())) {
      const { runAsUser, runAsGroup, fsGroup } = spec.securityContext;
      users.push(`${runAsUser}:${runAsGroup}`, `${runAsUser}:${fsGroup}`);
    }
    expect(new Set(users)).toEqual(new Set(['10001:10001']));
  });

  test('the application is another user of the same group, and may not write', () => {
    const { application } = compose().services;
    expect(application.user).toMatch(/^(?!10001)\d+:10001$/);
    expect(application.volumes).toEqual(['directory:/data:ro']);
    expect(application.command[2]).toContain('file:/data/directory.db?mode=ro');
    expect(application.command[2]).not.toContain('immutable');
  });

  test('the image and its version', () => {
    expect(dockerfile('ARG')).toBe(`VERSION=${version}`);
    const images = Object.values(pods()).map(({ spec }) => spec.containers[0].image);
    expect([compose().services.rosterd.image, ...images]).toEqual([image, image, image]);
    for (const path of ['daemon', 'one-shot']) {
      const { images: set } = shapes.kustomization.parse(documentOf(`deploy/kubernetes/${path}/kustomization.yaml`));
      expect(set).toEqual([{ name: 'rosterd', newTag: version }]);
    }
  });

  test('the paths of the image', () => {
    expect(dockerfile('VOLUME')).toBe('/data');
    expect(dockerfile('ENV')).toContain('ROSTERD_CONFIG=/etc/rosterd/config.yaml');
    const expected = ['/data', '/etc/rosterd', '/run/secrets', '/tmp'];
    for (const { spec } of Object.values(pods())) {
      expect(spec.containers[0].volumeMounts.map(({ mountPath }) => mountPath).sort()).toEqual(expected);
      expect(spec.volumes.map(({ name }) => name)).toEqual(spec.containers[0].volumeMounts.map(({ name }) => name));
    }
    const { rosterd } = compose().services;
    expect(rosterd.volumes).toEqual(['directory:/data', './config:/etc/rosterd:ro']);
    for (const path of CONFIGS) expect(documentOf(path)).toMatchObject({ directory: '/data/directory.db' });
  });

  test('the daemon and the one-shot runs have one pod, probes and ports aside', () => {
    const bare = (pod: ReturnType<typeof pods>['daemon']) => {
      const { startupProbe, livenessProbe, readinessProbe, ports, args, ...container } = pod.spec.containers[0];
      const { restartPolicy, ...spec } = pod.spec;
      return { ...spec, containers: [container] };
    };
    const { daemon, 'one-shot': once } = pods();
    expect(bare(once)).toEqual(bare(daemon));
    expect(once.spec).toMatchObject({ restartPolicy: 'Never', containers: [{ args: ['--once'] }] });
    expect(daemon.spec.containers[0].args).toBeUndefined();
  });

  test('the secrets that the configurations name are mounted', () => {
    const { services, secrets } = compose();
    const named = [...textOf(CONFIGS[0]).matchAll(/\$\{file:\/run\/secrets\/(\w+)\}/g)].map(([, name]) => name);
    expect(services.rosterd.secrets).toEqual(named);
    expect(Object.keys(secrets)).toEqual(named);
    expect(textOf('docs/deploy.md')).toContain(`--from-file=${named[0]}=`);
  });

  test('the port and the paths of health and metrics', () => {
    const container = deployment().spec.template.spec.containers[0];
    const listen = CONFIGS.map((path) => (documentOf(path) as { http: { listen: string } }).http.listen);
    expect(listen).toEqual(['0.0.0.0:8080', '0.0.0.0:8080']);
    expect(container.ports).toEqual([{ name: 'http', containerPort: 8080 }]);
    expect(compose().services.rosterd.ports).toEqual(['127.0.0.1:8080:8080']);
    expect(container.startupProbe?.httpGet).toEqual({ path: '/livez', port: 'http' });
    expect(container.livenessProbe?.httpGet).toEqual({ path: '/livez', port: 'http' });
    expect(container.readinessProbe?.httpGet).toEqual({ path: '/readyz', port: 'http' });
    const served = textOf('src/daemon/http.ts');
    for (const path of ['/livez', '/readyz', '/metrics']) expect(served).toContain(`case '${path}'`);
    const service = shapes.service.parse(documentOf('deploy/kubernetes/daemon/service.yaml'));
    expect(service.spec.ports).toEqual([{ name: 'http', port: 8080, targetPort: 'http' }]);
    const policy = shapes.networkPolicy.parse(documentOf('deploy/kubernetes/base/network-policy.yaml'));
    expect(policy.spec.ingress[0]?.ports).toEqual([{ protocol: 'TCP', port: 8080 }]);
    expect(policy.spec.egress.flatMap(({ ports }) => ports.map((each) => each.port))).toEqual([53, 53, 443]);
  });

  test('labels select the pods', () => {
    const { daemon, 'one-shot': once } = pods();
    const service = shapes.service.parse(documentOf('deploy/kubernetes/daemon/service.yaml'));
    const policy = shapes.networkPolicy.parse(documentOf('deploy/kubernetes/base/network-policy.yaml'));
    expect(daemon.metadata.labels).toEqual(deployment().spec.selector.matchLabels);
    expect(daemon.metadata.labels).toMatchObject(service.spec.selector);
    expect(once.metadata.labels).not.toMatchObject(service.spec.selector);
    for (const { metadata } of [daemon, once])
      expect(metadata.labels).toMatchObject(policy.spec.podSelector.matchLabels);
  });

  test('a daemon that is told to stop has the time that its configuration gives it', () => {
    const unit = textOf('deploy/systemd/rosterd.service');
    const patience = [
      parseDuration(compose().services.rosterd.stop_grace_period),
      ...Object.values(pods()).map(({ spec }) => spec.terminationGracePeriodSeconds * 1000),
      Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1]) * 1000,
    ];
    for (const path of CONFIGS) {
      const { shutdownTimeout } = documentOf(path) as { shutdownTimeout: string };
      for (const ms of patience) expect(ms).toBeGreaterThan(parseDuration(shutdownTimeout) ?? Number.NaN);
    }
  });

  test('the health check of the image is the one of compose.yaml', () => {
    const { interval, timeout, start_period: start } = compose().services.rosterd.healthcheck;
    expect(dockerfile('HEALTHCHECK')).toBe(
      `--interval=${interval} --timeout=${timeout} --start-period=${start} CMD ["rosterd", "health"]`,
    );
  });
});
