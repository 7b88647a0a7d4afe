// One connector. std.extVar reads the environment's variables.
local defaults = import '../defaults.libsonnet';

defaults + {
  name: 'orders',
  file: std.extVar('folder') + '/orders.txt',
  topic: 'orders',
}
