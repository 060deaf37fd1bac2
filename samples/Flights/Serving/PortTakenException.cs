namespace Flights.Serving;

/// <summary>Somebody else listens on the port of the server.</summary>
internal sealed class PortTakenException(int port, Exception cause) : IOException(
    $"Port {port} of this machine is taken by another program. Choose another one with --port <n>, here and for the subscriber.", cause);
