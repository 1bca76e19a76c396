/**
 * Who may do what with the two kinds of secret. They are made at run time, so only the shape of their names is known
 * here; the installation in the middle is unknown too, and what keeps the stages of one account apart is that each has
 * its own key.
 */
import type { Stack } from "aws-cdk-lib";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { IKey } from "aws-cdk-lib/aws-kms";

export const secretNames = { token: "pressluft/*/token/*", "ssh-key": "pressluft/*/ssh-key/*" } as const;
export type SecretKind = keyof typeof secretNames;

const arnOf = (stack: Stack, kind: SecretKind): string =>
  `arn:${stack.partition}:secretsmanager:${stack.region}:${stack.account}:secret:${secretNames[kind]}`;

const viaSecretsManager = (stack: Stack) => ({ "kms:ViaService": `secretsmanager.${stack.region}.amazonaws.com` });

const statement = (stack: Stack, kind: SecretKind, action: string): PolicyStatement =>
  new PolicyStatement({ actions: [`secretsmanager:${action}`], resources: [arnOf(stack, kind)] });

/**
 * Reading the value of one kind. The key is bound to that kind too: Secrets Manager decrypts with the secret's ARN as
 * encryption context (AWS Secrets Manager, "Secret encryption and decryption").
 */
export const readSecret = (key: IKey, stack: Stack, kind: SecretKind): PolicyStatement[] => [
  statement(stack, kind, "GetSecretValue"),
  new PolicyStatement({
    actions: ["kms:Decrypt"],
    resources: [key.keyArn],
    conditions: {
      StringEquals: viaSecretsManager(stack),
      StringLike: { "kms:EncryptionContext:SecretARN": arnOf(stack, kind) },
    },
  }),
];

/**
 * Making one under our key. No encryption context here: to check the access to the key beforehand Secrets Manager sends
 * a context without the ARN. `Decrypt` is part of that check.
 */
export const createSecret = (key: IKey, stack: Stack, kind: SecretKind): PolicyStatement[] => [
  statement(stack, kind, "CreateSecret"),
  new PolicyStatement({
    actions: ["kms:GenerateDataKey", "kms:Decrypt"],
    resources: [key.keyArn],
    conditions: { StringEquals: viaSecretsManager(stack) },
  }),
];

export const describeSecret = (stack: Stack, kind: SecretKind): PolicyStatement[] => [
  statement(stack, kind, "DescribeSecret"),
];

export const deleteSecret = (stack: Stack, kind: SecretKind): PolicyStatement[] => [
  statement(stack, kind, "DeleteSecret"),
];
