local defaults = import '../defaults.libsonnet';

defaults + {
  name: 'orders',
  file: std.extVar('folder') + '/orders.txt',
  topic: 'orders',
  'batch.size': '5000',
}
