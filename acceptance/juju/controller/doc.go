// Package controller answers Juju's own unit agent as a controller does, from
// memory: it runs the uniter worker of Juju 3.6.11 for every unit of a charm and
// holds what those agents read and write.
//
// What is real: installing and refreshing the charm's archive, the order of
// hooks, the environment and the process of a hook, the hook tools and their
// socket, what is kept of a hook and what is dropped, relation, leadership and
// secret hooks, retries, actions and the end of a unit. What is played here:
// the model behind the API, the leadership lease (which runs out when its holder
// does not renew it, where the model has leases), and the other applications.
//
// A request that nobody has written an answer for fails with an error that names
// it; nothing is made up.
package controller
