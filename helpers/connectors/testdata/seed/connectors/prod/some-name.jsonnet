local defaults = import '../defaults.libsonnet';

local connector = {
  "name": "SomeName-v1",

  "tasks.max": "64",

  "flush.size": "1000000",
  "rotate.schedule.interval.ms": "300000",

  "topics": "some.kafka.topics",

  "topics.dir": "some/folder",

  "format.class": "com.activision.ds.connect.s3.format.DSParquetFormat",

  "path.format": "dt=${ingestion_time}/other_key=${kafka.headers.other.value}",
  "timestamp.field": "ingestion_time"
};

defaults + connector
