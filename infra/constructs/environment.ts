/** The groups of variables that several functions take, named as `shared/config.ts` names them. */
import type { Backend } from "./backend-function.ts";

export const tableEnvironment = ({ data }: Backend) => ({ TABLE_NAME: data.table.tableName });
export const queueEnvironment = ({ jobs }: Backend) => ({ QUEUE_URL: jobs.queue.queueUrl });
export const hetznerEnvironment = ({ stage }: Backend) => ({ HETZNER_ENDPOINT: stage.hetznerEndpoint });
export const secretsEnvironment = ({ data }: Backend) => ({ SECRETS_KEY_ID: data.secretsKey.keyArn });

export const previewEnvironment = ({ stage }: Backend) => ({ PREVIEW_DOMAIN: stage.previewDomain });
export const wordpressEnvironment = ({ stage }: Backend) => ({ WORDPRESS_SOURCE: JSON.stringify(stage.wordpress) });

export const artifactsEnvironment = ({ stage, data }: Backend) => ({
  ARTIFACTS_BUCKET: data.artifacts.bucketName,
  ARTIFACTS_ENDPOINT: stage.artifactsEndpoint,
});

export const sessionEnvironment = (backend: Backend) => ({
  ...tableEnvironment(backend),
  COOKIE_SECURE: String(backend.stage.cookieSecure),
});

export const defaultsEnvironment = ({ stage: { defaults } }: Backend) => ({
  DEFAULT_SERVER_TYPE: defaults.serverType,
  DEFAULT_LOCATION: defaults.location,
  DEFAULT_IMAGE: defaults.image,
});

export const sshEnvironment = ({ stage }: Backend) => ({
  NODE_SSH_PORT: String(stage.nodeSshPort),
  NODE_SSH_USER: stage.nodeSshUser,
});
