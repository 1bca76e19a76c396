/** What the worker may do in the bucket of backups; nobody else may do anything there. */
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import { BACKUP_FOLDER } from "../contracts/site-models.ts";

/**
 * An address that the worker signs can do what the worker may, so nodes get no more than this either: no overwriting of
 * settings, no deleting. Of `ListBucket` only its side effect is wanted: without it S3 answers 403 instead of 404 to a look at
 * an object that is not there (Amazon S3 API, "HeadObject", Permissions).
 */
export const bucketStatements = (bucketArn: string): PolicyStatement[] => [
  new PolicyStatement({
    actions: ["s3:PutObject", "s3:GetObject", "s3:AbortMultipartUpload"],
    resources: [`${bucketArn}/${BACKUP_FOLDER}/*`],
  }),
  new PolicyStatement({ actions: ["s3:ListBucket"], resources: [bucketArn] }),
];
