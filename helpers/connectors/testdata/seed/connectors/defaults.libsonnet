{
  "connector.class": "com.activision.ds.connect.s3.DSS3SinkConnector",
  "storage.class": "io.confluent.connect.s3.storage.S3Storage",
  "timezone": "UTC",
  "locale": "en",

  "s3.region": "us-west-2",
  "s3.part.size": "5242880",
  "s3.bucket.name": "some-bucket",

  "s3.part.retries": "10",
  "s3.retry.backoff.ms": "1000",

  "partitioner.class": "com.activision.ds.connect.s3.partitioner.DSTimeBasedPartitioner",
  "schema.compatibility": "NEVER_CHANGE_SCHEMAS",

  "rotate.schedule.interval.ms": "600000",
  "flush.size": "500000"
}
