using System.CommandLine;
using Flights;

var drainMax = TimeSpan.FromSeconds(30);
return await CommandLine.NewCommand().Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = drainMax });
