import { z } from 'zod';

// What the files of deploy/ may hold: only the fields that they use, each with the one value or kind that is meant.
// test/deploy/tools.sh asks the real tools.

const labels = z.record(z.string(), z.string());
const metadata = z.strictObject({ name: z.literal('rosterd'), labels });
const port = z.int().min(1).max(65_535);
const probe = z.strictObject({
  httpGet: z.strictObject({ path: z.string().startsWith('/'), port: z.string() }),
  periodSeconds: z.int(),
  timeoutSeconds: z.int().optional(),
  failureThreshold: z.int().optional(),
});

const container = z.strictObject({
  name: z.string(),
  image: z.string(),
  args: z.array(z.string()).optional(),
  ports: z.array(z.strictObject({ name: z.string(), containerPort: port })).optional(),
  securityContext: z.strictObject({
    allowPrivilegeEscalation: z.literal(false),
    readOnlyRootFilesystem: z.literal(true),
    capabilities: z.strictObject({ drop: z.tuple([z.literal('ALL')]) }),
  }),
  startupProbe: probe.optional(),
  livenessProbe: probe.optional(),
  readinessProbe: probe.optional(),
  resources: z.strictObject({
    requests: z.strictObject({ cpu: z.string(), memory: z.string() }),
    limits: z.strictObject({ memory: z.string() }),
  }),
  // No subPath: what is mounted by it never sees an edit.
  volumeMounts: z.array(
    z.strictObject({ name: z.string(), mountPath: z.string().startsWith('/'), readOnly: z.literal(true).optional() }),
  ),
});

const volume = z.union([
  z.strictObject({ name: z.string(), persistentVolumeClaim: z.strictObject({ claimName: z.literal('rosterd') }) }),
  z.strictObject({ name: z.string(), configMap: z.strictObject({ name: z.literal('rosterd') }) }),
  z.strictObject({
    name: z.string(),
    secret: z.strictObject({ secretName: z.literal('rosterd'), defaultMode: z.literal(0o440) }),
  }),
  z.strictObject({ name: z.string(), emptyDir: z.strictObject({ sizeLimit: z.string() }) }),
]);

const pod = z.strictObject({
  restartPolicy: z.literal('Never').optional(),
  automountServiceAccountToken: z.literal(false),
  enableServiceLinks: z.literal(false),
  terminationGracePeriodSeconds: z.int(),
  securityContext: z.strictObject({
    runAsNonRoot: z.literal(true),
    runAsUser: z.int(),
    runAsGroup: z.int(),
    fsGroup: z.int(),
    fsGroupChangePolicy: z.literal('OnRootMismatch'),
    seccompProfile: z.strictObject({ type: z.literal('RuntimeDefault') }),
  }),
  containers: z.tuple([container]),
  volumes: z.array(volume),
});
const template = z.strictObject({ metadata: z.strictObject({ labels }), spec: pod });

export const deployment = z.strictObject({
  apiVersion: z.literal('apps/v1'),
  kind: z.literal('Deployment'),
  metadata,
  spec: z.strictObject({
    replicas: z.literal(1),
    strategy: z.strictObject({ type: z.literal('Recreate') }),
    selector: z.strictObject({ matchLabels: labels }),
    template,
  }),
});

export const cronJob = z.strictObject({
  apiVersion: z.literal('batch/v1'),
  kind: z.literal('CronJob'),
  metadata,
  spec: z.strictObject({
    schedule: z.string(),
    timeZone: z.string(),
    concurrencyPolicy: z.literal('Forbid'),
    startingDeadlineSeconds: z.int(),
    successfulJobsHistoryLimit: z.int(),
    failedJobsHistoryLimit: z.int(),
    jobTemplate: z.strictObject({ spec: z.strictObject({ backoffLimit: z.literal(0), template }) }),
  }),
});

export const service = z.strictObject({
  apiVersion: z.literal('v1'),
  kind: z.literal('Service'),
  metadata,
  spec: z.strictObject({
    selector: labels,
    ports: z.tuple([z.strictObject({ name: z.string(), port, targetPort: z.string() })]),
  }),
});

const policyPort = z.strictObject({ protocol: z.enum(['TCP', 'UDP']), port });
export const networkPolicy = z.strictObject({
  apiVersion: z.literal('networking.k8s.io/v1'),
  kind: z.literal('NetworkPolicy'),
  metadata,
  spec: z.strictObject({
    podSelector: z.strictObject({ matchLabels: labels }),
    policyTypes: z.tuple([z.literal('Ingress'), z.literal('Egress')]),
    ingress: z.array(
      z.strictObject({
        from: z.array(z.strictObject({ namespaceSelector: z.strictObject({ matchLabels: labels }) })).min(1),
        ports: z.array(policyPort),
      }),
    ),
    egress: z.array(z.strictObject({ ports: z.array(policyPort).min(1) })),
  }),
});

export const claim = z.strictObject({
  apiVersion: z.literal('v1'),
  kind: z.literal('PersistentVolumeClaim'),
  metadata,
  spec: z.strictObject({
    accessModes: z.tuple([z.literal('ReadWriteOnce')]),
    resources: z.strictObject({ requests: z.strictObject({ storage: z.string() }) }),
  }),
});

export const kustomization = z.strictObject({
  apiVersion: z.literal('kustomize.config.k8s.io/v1beta1'),
  kind: z.literal('Kustomization'),
  resources: z.array(z.string()),
  configMapGenerator: z.array(z.strictObject({ name: z.string(), files: z.array(z.string()) })).optional(),
  generatorOptions: z.strictObject({ disableNameSuffixHash: z.literal(true) }).optional(),
  images: z.array(z.strictObject({ name: z.string(), newTag: z.string() })).optional(),
});

const hardened = {
  image: z.string(),
  restart: z.literal('unless-stopped'),
  user: z.string(),
  read_only: z.literal(true),
  cap_drop: z.tuple([z.literal('ALL')]),
  security_opt: z.tuple([z.literal('no-new-privileges:true')]),
  volumes: z.array(z.string()),
};
export const compose = z.strictObject({
  name: z.string(),
  services: z.strictObject({
    rosterd: z.strictObject({
      ...hardened,
      container_name: z.literal('rosterd'),
      build: z.literal('..'),
      tmpfs: z.tuple([z.string().startsWith('/tmp:')]),
      secrets: z.array(z.string()),
      // Of this machine only.
      ports: z.tuple([z.string().startsWith('127.0.0.1:')]),
      healthcheck: z.strictObject({
        test: z.tuple([z.literal('CMD'), z.literal('rosterd'), z.literal('health')]),
        interval: z.string(),
        timeout: z.string(),
        start_period: z.string(),
        retries: z.int(),
      }),
      stop_grace_period: z.string(),
    }),
    application: z.strictObject({
      ...hardened,
      network_mode: z.literal('none'),
      depends_on: z.strictObject({ rosterd: z.strictObject({ condition: z.literal('service_healthy') }) }),
      command: z.tuple([z.literal('python'), z.literal('-uc'), z.string()]),
    }),
  }),
  volumes: z.strictObject({ directory: z.null() }),
  secrets: z.record(z.string(), z.strictObject({ file: z.string() })),
});
